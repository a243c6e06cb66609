#include "leptir/testing/store_faults.h"

#include <algorithm>

#include "testing/store_wrappers.h"

namespace leptir::testing {

void StoreFaults::setError(Error error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

void StoreFaults::failNext(int calls) {
  add({.calls = calls, .effect = Effect::Fails});
}

void StoreFaults::failNext(StoreCall call, int calls) {
  add({.call = call, .calls = calls, .effect = Effect::Fails});
}

void StoreFaults::loseNextAnswer(StoreCall call, int calls) {
  add({.call = call, .calls = calls, .effect = Effect::LosesAnswer});
}

void StoreFaults::failUntilRepaired() {
  const std::lock_guard lock(mutex_);
  isDown_ = true;
}

void StoreFaults::repair() {
  const std::lock_guard lock(mutex_);
  isDown_ = false;
  plannedFaults_.clear();
}

std::size_t StoreFaults::injectedFailures() const {
  const std::lock_guard lock(mutex_);
  return injectedFailures_;
}

void StoreFaults::add(PlannedFault fault) {
  const std::lock_guard lock(mutex_);
  if (fault.calls > 0) plannedFaults_.push_back(fault);
}

StoreFaults::Effect StoreFaults::consumeEffectFor(StoreCall call) {
  const std::lock_guard lock(mutex_);
  const auto fault =
      std::ranges::find_if(plannedFaults_, [call](const PlannedFault& one) { return one.call.value_or(call) == call; });
  if (!isDown_ && fault == plannedFaults_.end()) return Effect::None;
  ++injectedFailures_;
  if (isDown_) return Effect::Fails;
  const auto effect = fault->effect;
  if (--fault->calls == 0) plannedFaults_.erase(fault);
  return effect;
}

Error StoreFaults::errorOf(StoreCall call) const {
  const std::lock_guard lock(mutex_);
  return error_.in(nameOf(call));
}

std::unique_ptr<SimpleBroker> withFaults(std::unique_ptr<SimpleBroker> broker, StoreFaults& faults) {
  return std::make_unique<FailingBroker<StoreFaults>>(std::move(broker), faults);
}

std::unique_ptr<SimpleMetaStorage> withFaults(std::unique_ptr<SimpleMetaStorage> storage, StoreFaults& faults) {
  return std::make_unique<FailingMetaStorage<StoreFaults>>(std::move(storage), faults);
}

}  // namespace leptir::testing
