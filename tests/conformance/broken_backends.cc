#include "tests/conformance/broken_backends.h"

#include <chrono>
#include <thread>

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

class LateWriterWins final : public memory::MemoryMetaStorage {
 public:
  using memory::MemoryMetaStorage::MemoryMetaStorage;

 protected:
  bool replaces(const MetaInfo&, const memory::MemoryRecords::Record&) const override { return true; }
};

template <class Queue, class Meta = memory::MemoryMetaStorage>
BackendUnderTest broken(std::string name) {
  const auto open = [](ClockKind kind) { return std::make_unique<MemoryUnderTest<Queue, Meta>>(kind); };
  return {"broken-" + std::move(name), open, {.cancel = BrokerTraits::CancelLatency::AtRenewal},
          {.expiresByItself = false},  true, false};
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
  };
}

}  // namespace leptir::conformance
