// For tests: wraps a broker or a meta storage and makes its operations fail or wait when the test says so.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leptir/spi/simple_broker.h"
#include "leptir/spi/simple_meta_storage.h"

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
  auto answer(const std::string& what, Operation operation) -> decltype(operation()) {
    {
      const std::lock_guard lock(mutex_);
      journal_.push_back(what);
    }
    while (what == holds.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (down || what == refuses.load()) return refusal();
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

class FaultySession final : public BrokerSession {
 public:
  FaultySession(std::unique_ptr<BrokerSession> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override {
    return faults_.answer("pop", [&]() -> Result<std::vector<LeasedTask>> {
      if (faults_.popReturnsAtOnce) return std::vector<LeasedTask>();
      return inner_->popBrokerTasks(limit, longest, wake);
    });
  }
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override {
    return faults_.answer("renew", [&] { return inner_->renew(held, lease); });
  }
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override {
    return faults_.answer("acknowledge", [&] { return inner_->acknowledge(leases); });
  }
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override {
    return faults_.answer("acknowledge and pop", [&] { return inner_->acknowledgeAndPop(leases, limit, wake); });
  }
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override {
    return faults_.answer("release", [&] { return inner_->release(tasks); });
  }
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override {
    return faults_.answer("bury", [&] { return inner_->bury(tasks); });
  }
  Result<std::vector<LeasedTask>> heldTasks() override {
    return faults_.answer("held", [&] { return inner_->heldTasks(); });
  }
  Result<void> close() override {
    return faults_.answer("close", [&] { return inner_->close(); });
  }

 private:
  std::unique_ptr<BrokerSession> inner_;
  Faults& faults_;
};

class FaultyBroker final : public SimpleBroker {
 public:
  FaultyBroker(std::unique_ptr<SimpleBroker> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override {
    return faults_.answer("push", [&] { return inner_->pushEncodedTasks(tasks); });
  }
  Result<TaskCounts> tasksCount() override {
    return faults_.answer("count", [&] { return inner_->tasksCount(); });
  }
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override {
    return faults_.answer("open", [&] { return wrapped(inner_->openSession(session, info, lease)); });
  }
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override {
    return faults_.answer("resume", [&] { return wrapped(inner_->resumeSession(session)); });
  }
  Result<void> endSessionsOf(std::string_view instance) override {
    return faults_.answer("end sessions", [&] { return inner_->endSessionsOf(instance); });
  }
  std::vector<std::string> takeNotices() override { return inner_->takeNotices(); }
  Result<std::size_t> recoverExpired(std::size_t limit) override {
    return faults_.answer("recover", [&] { return inner_->recoverExpired(limit); });
  }
  TaskKeeper& keeper() override { return inner_->keeper(); }
  BrokerTraits traits() const override {
    auto traits = inner_->traits();
    traits.warnings = faults_.warnings;
    return traits;
  }

 private:
  Result<std::unique_ptr<BrokerSession>> wrapped(Result<std::unique_ptr<BrokerSession>> session) {
    if (!session) return session.error();
    return std::make_unique<FaultySession>(std::move(*session), faults_);
  }

  std::unique_ptr<SimpleBroker> inner_;
  Faults& faults_;
};

class FaultyMetaStorage final : public SimpleMetaStorage {
 public:
  FaultyMetaStorage(std::unique_ptr<SimpleMetaStorage> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    return faults_.answer("save", [&] { return inner_->saveMetaInfo(records); });
  }
  Result<Json> loadMetaInfoById(std::string_view id) override {
    return faults_.answer("load", [&] { return inner_->loadMetaInfoById(id); });
  }
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override {
    return faults_.answer("load many", [&] { return inner_->loadMetaInfos(ids); });
  }
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override {
    return faults_.answer("list", [&] { return inner_->listMetaInfo(filter, page); });
  }
  Result<std::size_t> expire() override {
    return faults_.answer("expire", [&] { return inner_->expire(); });
  }
  MetaTraits traits() const override {
    auto traits = inner_->traits();
    traits.warnings = faults_.warnings;
    return traits;
  }

 private:
  std::unique_ptr<SimpleMetaStorage> inner_;
  Faults& faults_;
};

}  // namespace leptir
