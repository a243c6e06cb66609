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
  orders_.clear();
}

std::size_t StoreFaults::failedCalls() const {
  const std::lock_guard lock(mutex_);
  return failedCalls_;
}

void StoreFaults::add(Order order) {
  const std::lock_guard lock(mutex_);
  if (order.calls > 0) orders_.push_back(order);
}

StoreFaults::Effect StoreFaults::takeEffectOn(StoreCall call) {
  const std::lock_guard lock(mutex_);
  const auto order =
      std::ranges::find_if(orders_, [call](const Order& one) { return one.call.value_or(call) == call; });
  if (!isDown_ && order == orders_.end()) return Effect::None;
  ++failedCalls_;
  if (isDown_) return Effect::Fails;
  const auto effect = order->effect;
  if (--order->calls == 0) orders_.erase(order);
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
