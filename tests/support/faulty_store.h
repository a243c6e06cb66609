// For tests: wraps a broker or a meta storage and makes its operations fail or wait when the test says so.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "testing/store_wrappers.h"

namespace leptir {

// The faults of a wrapped store, and a journal of its operations. The fields may be changed from any thread.
class Faults {
 public:
  std::atomic<bool> down = false;                        // every operation returns `code` and does nothing
  std::atomic<const char*> holds = "";                   // the operation of this name waits while the field names it
  std::atomic<const char*> refuses = "";                 // only this operation returns `code` and does nothing
  std::atomic<ErrorCode> code = ErrorCode::Unavailable;  // the error code of operations that are made to fail
  std::atomic<bool> popReturnsAtOnce = false;            // a pop returns no tasks at once instead of waiting
  std::atomic<bool> loseAnswers = false;                 // every operation is done, but returns `code`
  std::vector<std::string> warnings;                     // the warnings in the traits of the store
  std::atomic<int> refused = 0;                          // number of operations that were made to fail

  // The names of the operations so far, in order, whether they succeeded or not.
  std::vector<std::string> journal() const {
    const std::lock_guard lock(mutex_);
    return journal_;
  }
  bool wasAsked(const std::string& what) const {
    const auto asked = journal();
    return std::find(asked.begin(), asked.end(), what) != asked.end();
  }

  template <class Operation>
  auto invoke(testing::StoreCall call, Operation operation) -> decltype(operation()) {
    const std::string what(nameOf(call));
    {
      const std::lock_guard lock(mutex_);
      journal_.push_back(what);
    }
    while (what == holds.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (down || what == refuses.load()) return refusal();
    if constexpr (std::same_as<decltype(operation()), Result<std::vector<LeasedTask>>>) {
      if (popReturnsAtOnce && call == testing::StoreCall::Pop) return std::vector<LeasedTask>();
    }
    auto done = operation();
    if (loseAnswers) return refusal();
    return done;
  }

 private:
  Error refusal() {
    ++refused;
    return Error(code, "on purpose");
  }

  mutable std::mutex mutex_;  // guards journal_
  std::vector<std::string> journal_;
};

class FaultyBroker final : public testing::FailingBroker<Faults> {
 public:
  FaultyBroker(std::unique_ptr<SimpleBroker> inner, Faults& faults)
      : FailingBroker(std::move(inner), faults), faults_(faults) {}

  BrokerTraits traits() const override {
    auto traits = FailingBroker::traits();
    traits.warnings = faults_.warnings;
    return traits;
  }

 private:
  Faults& faults_;
};

class FaultyMetaStorage final : public testing::FailingMetaStorage<Faults> {
 public:
  FaultyMetaStorage(std::unique_ptr<SimpleMetaStorage> inner, Faults& faults)
      : FailingMetaStorage(std::move(inner), faults), faults_(faults) {}

  MetaTraits traits() const override {
    auto traits = FailingMetaStorage::traits();
    traits.warnings = faults_.warnings;
    return traits;
  }

 private:
  Faults& faults_;
};

}  // namespace leptir
