// For tests: a broker and a meta storage that work until they are told to fail, over any others.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "leptir/simple_broker.h"
#include "leptir/simple_meta_storage.h"

namespace leptir {

// Any thread.
class Mood {
 public:
  std::atomic<bool> down = false;                        // every operation answers Unavailable and does nothing
  std::atomic<const char*> holds = "";                   // this operation waits as long as this says so
  std::atomic<const char*> refuses = "";                 // this operation alone answers Unavailable and does nothing
  std::atomic<ErrorCode> code = ErrorCode::Unavailable;  // what refusals are, if not Unavailable
  std::atomic<bool> impatient = false;                   // a pop returns at once with nothing
  std::atomic<bool> cutAnswers = false;                  // every operation is done, then answers Unavailable
  std::vector<std::string> warnings;                     // what its store's traits say
  std::atomic<int> refused = 0;                          // operations that answered Unavailable

  // What was asked, in order, whether it was done or not.
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
    if (cutAnswers) return refusal();
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

class MoodySession final : public BrokerSession {
 public:
  MoodySession(std::unique_ptr<BrokerSession> inner, Mood& mood) : inner_(std::move(inner)), mood_(mood) {}

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override {
    return mood_.answer("pop", [&]() -> Result<std::vector<LeasedTask>> {
      if (mood_.impatient) return std::vector<LeasedTask>();
      return inner_->popBrokerTasks(limit, longest, wake);
    });
  }
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override {
    return mood_.answer("renew", [&] { return inner_->renew(held, lease); });
  }
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override {
    return mood_.answer("acknowledge", [&] { return inner_->acknowledge(leases); });
  }
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override {
    return mood_.answer("acknowledge and pop", [&] { return inner_->acknowledgeAndPop(leases, limit, wake); });
  }
  Result<std::vector<LeaseId>> release(std::span<const Released> tasks) override {
    return mood_.answer("release", [&] { return inner_->release(tasks); });
  }
  Result<std::vector<LeaseId>> bury(std::span<const Buried> tasks) override {
    return mood_.answer("bury", [&] { return inner_->bury(tasks); });
  }
  Result<std::vector<LeasedTask>> heldTasks() override {
    return mood_.answer("held", [&] { return inner_->heldTasks(); });
  }
  Result<void> close() override {
    return mood_.answer("close", [&] { return inner_->close(); });
  }

 private:
  std::unique_ptr<BrokerSession> inner_;
  Mood& mood_;
};

class MoodyBroker final : public SimpleBroker {
 public:
  MoodyBroker(std::unique_ptr<SimpleBroker> inner, Mood& mood) : inner_(std::move(inner)), mood_(mood) {}

  Result<void> pushBrokerTasks(std::span<const BrokerTask> tasks) override {
    return mood_.answer("push", [&] { return inner_->pushBrokerTasks(tasks); });
  }
  Result<TaskCounts> tasksCount() override {
    return mood_.answer("count", [&] { return inner_->tasksCount(); });
  }
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionCard& card,
                                                     Duration lease) override {
    return mood_.answer("open", [&] { return moody(inner_->openSession(session, card, lease)); });
  }
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override {
    return mood_.answer("resume", [&] { return moody(inner_->resumeSession(session)); });
  }
  Result<void> endSessionsOf(std::string_view instance) override {
    return mood_.answer("end sessions", [&] { return inner_->endSessionsOf(instance); });
  }
  std::vector<std::string> takeNotices() override { return inner_->takeNotices(); }
  Result<std::size_t> recoverExpired(std::size_t limit) override {
    return mood_.answer("recover", [&] { return inner_->recoverExpired(limit); });
  }
  TaskKeeper& keeper() override { return inner_->keeper(); }
  BrokerTraits traits() const override {
    auto traits = inner_->traits();
    traits.warnings = mood_.warnings;
    return traits;
  }

 private:
  Result<std::unique_ptr<BrokerSession>> moody(Result<std::unique_ptr<BrokerSession>> session) {
    if (!session) return session.error();
    return std::make_unique<MoodySession>(std::move(*session), mood_);
  }

  std::unique_ptr<SimpleBroker> inner_;
  Mood& mood_;
};

class MoodyMetaStorage final : public SimpleMetaStorage {
 public:
  MoodyMetaStorage(std::unique_ptr<SimpleMetaStorage> inner, Mood& mood) : inner_(std::move(inner)), mood_(mood) {}

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    return mood_.answer("save", [&] { return inner_->saveMetaInfo(records); });
  }
  Result<Json> loadMetaInfoById(std::string_view id) override {
    return mood_.answer("load", [&] { return inner_->loadMetaInfoById(id); });
  }
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override {
    return mood_.answer("load many", [&] { return inner_->loadMetaInfos(ids); });
  }
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override {
    return mood_.answer("list", [&] { return inner_->listMetaInfo(filter, page); });
  }
  Result<std::size_t> expire() override {
    return mood_.answer("expire", [&] { return inner_->expire(); });
  }
  MetaTraits traits() const override {
    auto traits = inner_->traits();
    traits.warnings = mood_.warnings;
    return traits;
  }

 private:
  std::unique_ptr<SimpleMetaStorage> inner_;
  Mood& mood_;
};

}  // namespace leptir
