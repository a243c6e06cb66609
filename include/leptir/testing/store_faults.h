// StoreFaults: makes the calls of a store fail when a test says so, to see what your code does then.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "leptir/result.h"
#include "leptir/spi/simple_broker.h"
#include "leptir/spi/simple_meta_storage.h"
#include "leptir/testing/store_call.h"

namespace leptir::testing {

// Which calls of one store fail next. Without faults the store works as always. Any thread.
class StoreFaults {
 public:
  // The error that a call returns instead of its answer. Unavailable: the store is down.
  void setError(Error error);

  // The next `calls` calls do nothing and return the error: all calls, or those of one kind. Faults that are planned
  // later come after earlier ones.
  void failNext(int calls = 1);
  void failNext(StoreCall call, int calls = 1);
  // The next `calls` calls of this kind are done, and return the error nevertheless: the answer was lost on its way.
  void loseNextAnswer(StoreCall call, int calls = 1);
  // Every call does nothing and returns the error, until repair(), which also removes all other planned faults.
  void failUntilRepaired();
  void repair();

  // How many calls have returned the error.
  std::size_t injectedFailures() const;

  // For the stores: runs the operation unless it is to fail, and returns its result or the error.
  template <class Operation>
  auto invoke(StoreCall call, Operation operation) -> decltype(operation()) {
    const auto effect = consumeEffectFor(call);
    if (effect == Effect::None) return operation();
    if (effect == Effect::LosesAnswer) static_cast<void>(operation());
    return errorOf(call);
  }

 private:
  enum class Effect { None, Fails, LosesAnswer };
  struct PlannedFault {
    std::optional<StoreCall> call;  // none: any
    int calls = 0;                  // that are left
    Effect effect = Effect::None;
  };
  Effect consumeEffectFor(StoreCall call);
  Error errorOf(StoreCall call) const;
  void add(PlannedFault fault);

  mutable std::mutex mutex_;  // guards all below
  Error error_{ErrorCode::Unavailable, "made to fail by the test"};
  std::vector<PlannedFault> plannedFaults_;
  bool isDown_ = false;
  std::size_t injectedFailures_ = 0;
};

// Wrap a store of any backend. `faults` must outlive the store.
std::unique_ptr<SimpleBroker> withFaults(std::unique_ptr<SimpleBroker> broker, StoreFaults& faults);
std::unique_ptr<SimpleMetaStorage> withFaults(std::unique_ptr<SimpleMetaStorage> storage, StoreFaults& faults);

}  // namespace leptir::testing
