// Wrap a broker, its sessions, its keeper (with BuriedLookup where the store's has it) and its fleet store, or a meta
// storage, so that each call can be made to fail. `Faults` decides about each call: it has a function template
// `invoke(StoreCall, operation)`, as StoreFaults has.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "leptir/spi/buried_lookup.h"
#include "leptir/testing/store_faults.h"

namespace leptir::testing {

template <class Faults>
class FailingSession : public BrokerSession {
 public:
  FailingSession(std::unique_ptr<BrokerSession> inner, Faults& faults) : inner_(std::move(inner)), faults_(faults) {}

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override {
    return faults_.invoke(StoreCall::Pop, [&] { return inner_->popBrokerTasks(limit, longest, wake); });
  }
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override {
    return faults_.invoke(StoreCall::Renew, [&] { return inner_->renew(held, lease); });
  }
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override {
    return faults_.invoke(StoreCall::Acknowledge, [&] { return inner_->acknowledge(leases); });
  }
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override {
    return faults_.invoke(StoreCall::AcknowledgeAndPop, [&] { return inner_->acknowledgeAndPop(leases, limit, wake); });
  }
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override {
    return faults_.invoke(StoreCall::Release, [&] { return inner_->release(tasks); });
  }
  Result<void> giveBackUnused() override { return inner_->giveBackUnused(); }
  void waitWithoutLeasing(Duration longest, Wake& wake) override { inner_->waitWithoutLeasing(longest, wake); }
  void reduceRequests(Duration emptyQueueSleepTime) override { inner_->reduceRequests(emptyQueueSleepTime); }
  Result<void> leaseAgain(std::span<const LeaseId> released) override {
    return faults_.invoke(StoreCall::LeaseAgain, [&] { return inner_->leaseAgain(released); });
  }
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override {
    return faults_.invoke(StoreCall::Bury, [&] { return inner_->bury(tasks); });
  }
  Result<std::vector<LeasedTask>> heldTasks() override {
    return faults_.invoke(StoreCall::ListHeld, [&] { return inner_->heldTasks(); });
  }
  Result<void> close() override {
    return faults_.invoke(StoreCall::CloseSession, [&] { return inner_->close(); });
  }

 private:
  std::unique_ptr<BrokerSession> inner_;
  Faults& faults_;
};

template <class Faults>
class FailingKeeper : public TaskKeeper {
 public:
  FailingKeeper(TaskKeeper& inner, Faults& faults) : inner_(inner), faults_(faults) {}

  Result<FoundTask> find(std::string_view id) override {
    return faults_.invoke(StoreCall::Find, [&] { return inner_.find(id); });
  }
  Result<void> remove(std::string_view id) override {
    return faults_.invoke(StoreCall::Remove, [&] { return inner_.remove(id); });
  }
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override {
    return faults_.invoke(StoreCall::Cancel, [&] { return inner_.cancel(id, by); });
  }
  Result<std::vector<FoundTask>> listBuried(Page page) override {
    return faults_.invoke(StoreCall::ListBuried, [&] { return inner_.listBuried(page); });
  }
  Result<std::size_t> revive(std::span<const std::string> ids) override {
    return faults_.invoke(StoreCall::Revive, [&] { return inner_.revive(ids); });
  }
  Result<std::vector<ListedSession>> listSessions(Page page) override {
    return faults_.invoke(StoreCall::ListSessions, [&] { return inner_.listSessions(page); });
  }
  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) override {
    return faults_.invoke(StoreCall::ListTasks, [&] { return inner_.list(filter, cursor, limit); });
  }
  Result<std::optional<Time>> earliestDue() override {
    return faults_.invoke(StoreCall::EarliestDue, [&] { return inner_.earliestDue(); });
  }
  Result<std::size_t> removeMany(std::span<const std::string> ids) override {
    return faults_.invoke(StoreCall::RemoveMany, [&] { return inner_.removeMany(ids); });
  }
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due) override {
    return faults_.invoke(StoreCall::Reschedule, [&] { return inner_.reschedule(ids, due); });
  }

 private:
  TaskKeeper& inner_;
  Faults& faults_;
};

// Of a keeper that is a BuriedLookup too.
template <class Faults>
class FailingLookupKeeper final : public FailingKeeper<Faults>, public BuriedLookup {
 public:
  FailingLookupKeeper(TaskKeeper& inner, BuriedLookup& lookup, Faults& faults)
      : FailingKeeper<Faults>(inner, faults), lookup_(lookup), faults_(faults) {}

  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override {
    return faults_.invoke(StoreCall::FindBuried, [&] { return lookup_.buriedAmong(ids); });
  }

 private:
  BuriedLookup& lookup_;
  Faults& faults_;
};

template <class Faults>
std::unique_ptr<TaskKeeper> failingKeeperOf(TaskKeeper& inner, Faults& faults) {
  if (auto* lookup = dynamic_cast<BuriedLookup*>(&inner))
    return std::make_unique<FailingLookupKeeper<Faults>>(inner, *lookup, faults);
  return std::make_unique<FailingKeeper<Faults>>(inner, faults);
}

// Only of a broker that has a FleetStore.
template <class Faults>
class FailingFleet final : public FleetStore {
 public:
  FailingFleet(SimpleBroker& inner, Faults& faults) : inner_(inner), faults_(faults) {}

  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override {
    return faults_.invoke(StoreCall::FleetPut, [&] { return inner_.fleet()->put(key, value, lifetime); });
  }
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override {
    return faults_.invoke(StoreCall::FleetPutIfAbsent,
                          [&] { return inner_.fleet()->putIfAbsent(key, value, lifetime); });
  }
  Result<bool> erase(std::string_view key) override {
    return faults_.invoke(StoreCall::FleetErase, [&] { return inner_.fleet()->erase(key); });
  }
  Result<std::string> get(std::string_view key) override {
    return faults_.invoke(StoreCall::FleetGet, [&] { return inner_.fleet()->get(key); });
  }
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override {
    return faults_.invoke(StoreCall::FleetList, [&] { return inner_.fleet()->list(prefix, after, limit); });
  }
  Result<std::uint64_t> version() override {
    return faults_.invoke(StoreCall::FleetVersion, [&] { return inner_.fleet()->version(); });
  }

 private:
  SimpleBroker& inner_;
  Faults& faults_;
};

template <class Faults>
class FailingBroker : public SimpleBroker {
 public:
  FailingBroker(std::unique_ptr<SimpleBroker> inner, Faults& faults)
      : inner_(std::move(inner)),
        faults_(faults),
        keeper_(failingKeeperOf(inner_->keeper(), faults)),
        fleet_(*inner_, faults) {}

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override {
    return faults_.invoke(StoreCall::Push, [&] { return inner_->pushEncodedTasks(tasks); });
  }
  Result<TaskCounts> tasksCount() override {
    return faults_.invoke(StoreCall::Count, [&] { return inner_->tasksCount(); });
  }
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override {
    return faults_.invoke(StoreCall::OpenSession, [&] { return wrapped(inner_->openSession(session, info, lease)); });
  }
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override {
    return faults_.invoke(StoreCall::ResumeSession, [&] { return wrapped(inner_->resumeSession(session)); });
  }
  Result<void> endSessionsOf(std::string_view instance) override {
    return faults_.invoke(StoreCall::EndSessionsOfInstance, [&] { return inner_->endSessionsOf(instance); });
  }
  Result<std::size_t> recoverExpired(std::size_t limit) override {
    return faults_.invoke(StoreCall::Recover, [&] { return inner_->recoverExpired(limit); });
  }
  std::vector<StoreBurial> takeBurials() override { return inner_->takeBurials(); }
  std::vector<std::string> takeNotices() override { return inner_->takeNotices(); }
  Result<void> checkRights() override { return inner_->checkRights(); }
  Result<StoreExamination> examine() override {
    return faults_.invoke(StoreCall::Examine, [&] { return inner_->examine(); });
  }
  std::optional<StoreRequests> requestsSent() const override { return inner_->requestsSent(); }
  bool isUsable() const override { return inner_->isUsable(); }
  TaskKeeper& keeper() override { return *keeper_; }
  FleetStore* fleet() override { return inner_->fleet() != nullptr ? &fleet_ : nullptr; }
  BrokerTraits traits() const override { return inner_->traits(); }

 private:
  Result<std::unique_ptr<BrokerSession>> wrapped(Result<std::unique_ptr<BrokerSession>> session) {
    if (!session) return session.error();
    return std::make_unique<FailingSession<Faults>>(std::move(*session), faults_);
  }

  std::unique_ptr<SimpleBroker> inner_;
  Faults& faults_;
  std::unique_ptr<TaskKeeper> keeper_;
  FailingFleet<Faults> fleet_;
};

template <class Faults>
class FailingMetaStorage : public SimpleMetaStorage {
 public:
  FailingMetaStorage(std::unique_ptr<SimpleMetaStorage> inner, Faults& faults)
      : inner_(std::move(inner)), faults_(faults) {}

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override {
    return faults_.invoke(StoreCall::SaveRecords, [&] { return inner_->saveMetaInfo(records); });
  }
  Result<Json> loadMetaInfoById(std::string_view id) override {
    return faults_.invoke(StoreCall::LoadRecord, [&] { return inner_->loadMetaInfoById(id); });
  }
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override {
    return faults_.invoke(StoreCall::LoadRecords, [&] { return inner_->loadMetaInfos(ids); });
  }
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override {
    return faults_.invoke(StoreCall::ListRecords, [&] { return inner_->listMetaInfo(filter, page); });
  }
  Result<RecordList> listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) override {
    return faults_.invoke(StoreCall::ListRecordsByCursor, [&] { return inner_->listRecords(filter, cursor, limit); });
  }
  Result<std::size_t> expire() override {
    return faults_.invoke(StoreCall::ExpireRecords, [&] { return inner_->expire(); });
  }
  Result<void> checkRights() override { return inner_->checkRights(); }
  Result<StoreExamination> examine() override {
    return faults_.invoke(StoreCall::Examine, [&] { return inner_->examine(); });
  }
  MetaTraits traits() const override { return inner_->traits(); }

 private:
  std::unique_ptr<SimpleMetaStorage> inner_;
  Faults& faults_;
};

}  // namespace leptir::testing
