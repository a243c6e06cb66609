#include "tests/conformance/broken_backends.h"

#include <chrono>
#include <thread>

#include "tests/conformance/conformance.h"
#include "tests/conformance/stores.h"

namespace leptir::conformance {
namespace {

// Ignores the lease number: a lease of an earlier lease number acknowledges the task.
class AcknowledgesWithoutLeaseNumber final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases) override {
    std::vector<LeaseId> current(leases.begin(), leases.end());
    {
      const std::lock_guard lock(mutex_);
      for (auto& lease : current) {
        const auto task = tasks_.find(std::stoull(lease.handle));
        if (task != tasks_.end()) lease.number = task->second.lease;
      }
    }
    return memory::MemoryQueue::acknowledge(session, current);
  }
};

// Chooses tasks in one step and marks them as leased in another: in between a second session chooses the same tasks.
class LeasesInTwoSteps final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit) override {
    auto leased = memory::MemoryQueue::lease(session, limit);
    const std::lock_guard lock(mutex_);
    for (auto& [number, task] : tasks_) {
      if (task.holder == session && !unmarked_.contains(number)) {
        waiting_.emplace(task.due, number);
        unmarked_.insert(number);
      }
    }
    return leased;
  }

 private:
  std::set<TaskNumber> unmarked_;
};

// Lists the tasks of a dead session, then gives them back although they may have been settled meanwhile.
class RecoversFromAStaleList final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  std::size_t recover(std::size_t limit, const std::set<std::string>&) override {
    std::vector<Task> listed;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [number, task] : tasks_) {
        const bool over = task.holder != 0 && sessions_[task.holder - 1].expiry <= clock_->now();
        if (over && listed.size() < limit) listed.push_back(task);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the time of a round trip to a server
    const std::lock_guard lock(mutex_);
    for (auto& task : listed) {
      if (task.holder <= sessions_.size()) sessions_[task.holder - 1].state = Session::State::Claimed;
      recoverTask(tasks_[task.number] = task);
    }
    return listed.size();
  }
};

class PushesTwice final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<void> push(std::span<const EncodedTask> tasks) override {
    {
      const std::lock_guard lock(mutex_);
      ids_.clear();
    }
    return memory::MemoryQueue::push(tasks);
  }
};

// Pushes the released task again without checking that it is still in the queue.
class ReleasesSettledTasks final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const TaskRelease> tasks) override {
    auto notOurs = memory::MemoryQueue::release(session, tasks);
    for (const auto& released : tasks) {
      const bool gone = notOurs && std::ranges::find(*notOurs, released.lease) != notOurs->end();
      if (gone) pushRaw(std::string(released.envelope), released.due.value_or(Time()));
    }
    return notOurs;
  }
};

// Leases tasks up to a second before they are due.
class LeasesTasksBeforeTheyAreDue final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit) override {
    {
      const std::lock_guard lock(mutex_);
      decltype(waiting_) early;
      for (const auto& [due, number] : waiting_) {
        tasks_.at(number).due = due - std::chrono::seconds(1);  // PHP leptir took tasks up to a second early
        early.emplace(due - std::chrono::seconds(1), number);
      }
      waiting_ = early;
    }
    return memory::MemoryQueue::lease(session, limit);
  }
};

// Keeps the cancel request with the lease instead of the task.
class ForgetsTheCancelRequestOnRelease final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const TaskRelease> tasks) override {
    auto notOurs = memory::MemoryQueue::release(session, tasks);
    const std::lock_guard lock(mutex_);
    for (auto& [number, task] : tasks_) {
      if (task.holder == 0) task.cancelledBy.clear();
    }
    return notOurs;
  }
};

// Finds the next page by the number of tasks on the earlier ones.
class ListsTasksByNumber final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) override {
    const auto skipped = cursor.empty() ? 0 : std::stoul(std::string(cursor));
    auto page = must(memory::MemoryQueue::list(filter, {}, skipped + limit));
    page.tasks.erase(page.tasks.begin(), page.tasks.begin() + static_cast<std::ptrdiff_t>(
                                                                  std::min<std::size_t>(skipped, page.tasks.size())));
    if (!page.cursor.empty()) page.cursor = std::to_string(skipped + limit);
    return page;
  }
};

class RemovesLeasedTasks final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  std::size_t removeMany(std::span<const std::string> ids) override {
    std::size_t removed = memory::MemoryQueue::removeMany(ids);
    const std::lock_guard lock(mutex_);
    for (const auto& id : ids) {
      if (auto* task = byId(id)) forget(*task), ++removed;
    }
    return removed;
  }
};

class ReschedulesLeasedTasks final : public memory::MemoryQueue {
 public:
  using memory::MemoryQueue::MemoryQueue;
  std::size_t reschedule(std::span<const std::string> ids, std::optional<Time> due) override {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& id : ids) {
        if (auto* task = byId(id); task != nullptr && task->holder != 0) enqueue(*task, task->due);
      }
    }
    return memory::MemoryQueue::reschedule(ids, due);
  }
};

// A queue whose FleetStore is broken.
template <class Broken>
class WithFleet final : public memory::MemoryQueue {
 public:
  explicit WithFleet(const Clock& clock) : MemoryQueue(clock), fleet_(clock) {}
  FleetStore& fleet() override { return fleet_; }

 private:
  Broken fleet_;
};

class PutsWhereATextIs final : public memory::MemoryFleet {
 public:
  using memory::MemoryFleet::MemoryFleet;
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override {
    const bool isThere = get(key).has_value();
    must(put(key, value, lifetime));
    return !isThere;
  }
};

// Tells of texts that are put, and not of those that are erased.
class TellsOfNoErase final : public memory::MemoryFleet {
 public:
  using memory::MemoryFleet::MemoryFleet;
  Result<bool> erase(std::string_view key) override {
    ++erased_;
    return memory::MemoryFleet::erase(key);
  }
  Result<std::uint64_t> version() override { return must(memory::MemoryFleet::version()) - erased_; }

 private:
  std::uint64_t erased_ = 0;
};

// The lifetime of the first put stays.
class KeepsTheFirstLifetime final : public memory::MemoryFleet {
 public:
  explicit KeepsTheFirstLifetime(const Clock& clock) : MemoryFleet(clock), clock_(clock) {}
  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override {
    const auto [end, isNew] =
        ends_.try_emplace(std::string(key), lifetime ? std::optional(clock_.now() + *lifetime) : std::nullopt);
    return memory::MemoryFleet::put(key, value,
                                    end->second ? std::optional(*end->second - clock_.now()) : std::nullopt);
  }

 private:
  const Clock& clock_;
  std::map<std::string, std::optional<Time>> ends_;
};

class ListsRecordsByNumber final : public memory::MemoryMetaStorage {
 public:
  using memory::MemoryMetaStorage::MemoryMetaStorage;
  Result<RecordList> listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) override {
    const auto skipped = cursor.empty() ? 0 : std::stoul(std::string(cursor));
    auto page = must(memory::MemoryMetaStorage::listRecords(filter, {}, skipped + limit));
    page.records.erase(page.records.begin(), page.records.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                        skipped, page.records.size())));
    if (!page.cursor.empty()) page.cursor = std::to_string(skipped + limit);
    return page;
  }
};

class LateWriterWins final : public memory::MemoryMetaStorage {
 public:
  using memory::MemoryMetaStorage::MemoryMetaStorage;

 protected:
  bool replaces(const MetaInfo&, const memory::MemoryRecords::Record&) const override { return true; }
};

template <class Queue, class Meta = memory::MemoryMetaStorage>
BackendUnderTest broken(std::string name) {
  const auto open = [](ClockKind kind) { return std::make_unique<MemoryUnderTest<Queue, Meta>>(kind); };
  return {"broken-" + std::move(name),
          open,
          {.listsTasks = true,
           .listsLatestFirst = true,
           .reschedules = true,
           .keepsFleet = true,
           .cancel = BrokerTraits::CancelLatency::AtRenewal},
          {.listsByCursor = true, .listsEarliestFirst = true, .expiresByItself = false},
          true,
          false};
}

}  // namespace

std::vector<BackendUnderTest> brokenBackends() {
  return {
      broken<AcknowledgesWithoutLeaseNumber>("acknowledge"),
      broken<LeasesInTwoSteps>("lease"),
      broken<RecoversFromAStaleList>("recovery"),
      broken<PushesTwice>("push"),
      broken<ReleasesSettledTasks>("release"),
      broken<LeasesTasksBeforeTheyAreDue>("due"),
      broken<ForgetsTheCancelRequestOnRelease>("cancel"),
      broken<memory::MemoryQueue, LateWriterWins>("meta"),
      broken<ListsTasksByNumber>("list"),
      broken<RemovesLeasedTasks>("remove-all"),
      broken<ReschedulesLeasedTasks>("reschedule"),
      broken<WithFleet<PutsWhereATextIs>>("put-if-absent"),
      broken<WithFleet<TellsOfNoErase>>("version"),
      broken<WithFleet<KeepsTheFirstLifetime>>("lifetime"),
      broken<memory::MemoryQueue, ListsRecordsByNumber>("records-list"),
  };
}

}  // namespace leptir::conformance
