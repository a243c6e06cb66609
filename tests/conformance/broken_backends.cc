#include "tests/conformance/broken_backends.h"

#include <chrono>
#include <thread>

#include "tests/conformance/stores.h"

namespace leptir::conformance {
namespace {

// Looks only for the task, not for whose it is and since when.
class AcknowledgesWithoutLeaseNumber final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases) override {
    std::vector<LeaseId> current(leases.begin(), leases.end());
    {
      const std::lock_guard lock(mutex_);
      for (auto& lease : current) {
        const auto task = tasks_.find(std::stoull(lease.handle));
        if (task != tasks_.end()) lease.number = task->second.lease;
      }
    }
    return MemoryQueue::acknowledge(session, current);
  }
};

// Chooses in one step and marks in another: until then a second session chooses the same.
class LeasesInTwoSteps final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit) override {
    auto leased = MemoryQueue::lease(session, limit);
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
  std::set<Number> unmarked_;
};

// Lists what a dead session held, then gives it back by its number, whatever has become of it meanwhile.
class RecoversFromAnOldList final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  std::size_t recover(std::size_t limit, const std::set<std::string>&) override {
    std::vector<Task> listed;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [number, task] : tasks_) {
        const bool over = task.holder != 0 && sessions_[task.holder - 1].expiry <= clock_->now();
        if (over && listed.size() < limit) listed.push_back(task);
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // as long as a round trip to a server
    const std::lock_guard lock(mutex_);
    for (auto& task : listed) {
      if (task.holder <= sessions_.size()) sessions_[task.holder - 1].state = Session::State::Claimed;
      giveBackExpired(tasks_[task.number] = task);
    }
    return listed.size();
  }
};

class PushesTwice final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  Result<void> push(std::span<const BrokerTask> tasks) override {
    {
      const std::lock_guard lock(mutex_);
      ids_.clear();
    }
    return MemoryQueue::push(tasks);
  }
};

// Sends the task anew without looking whether it was still there.
class ReleasesWhatIsGone final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const Released> tasks) override {
    auto notOurs = MemoryQueue::release(session, tasks);
    for (const auto& released : tasks) {
      const bool gone = notOurs && std::ranges::find(*notOurs, released.lease) != notOurs->end();
      if (gone) pushRaw(std::string(released.envelope), released.due.value_or(Time()));
    }
    return notOurs;
  }
};

// Compares with the clock of another day.
class LeasesBeforeTheTime final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit) override {
    {
      const std::lock_guard lock(mutex_);
      decltype(waiting_) early;
      for (const auto& [due, number] : waiting_) {
        tasks_.at(number).due = due - std::chrono::seconds(1);  // the original took tasks up to a second early
        early.emplace(due - std::chrono::seconds(1), number);
      }
      waiting_ = early;
    }
    return MemoryQueue::lease(session, limit);
  }
};

// The wish to cancel lives with the lease instead of the task.
class ForgetsTheWishOnRelease final : public MemoryQueue {
 public:
  using MemoryQueue::MemoryQueue;
  Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const Released> tasks) override {
    auto notOurs = MemoryQueue::release(session, tasks);
    const std::lock_guard lock(mutex_);
    for (auto& [number, task] : tasks_) {
      if (task.holder == 0) task.cancelledBy.clear();
    }
    return notOurs;
  }
};

class LateWriterWins final : public MemoryMetaStorage {
 public:
  using MemoryMetaStorage::MemoryMetaStorage;

 protected:
  bool replaces(const MetaInfo&, const MemoryRecords::Record&) const override { return true; }
};

template <class Queue, class Meta = MemoryMetaStorage>
BackendUnderTest broken(std::string name) {
  const auto open = [](ClockKind kind) { return std::make_unique<MemoryUnderTest<Queue, Meta>>(kind); };
  return {
      "broken-" + std::move(name), open, {.cancel = BrokerTraits::CancelReach::AtRenewal}, {.expiresByItself = false}};
}

}  // namespace

std::vector<BackendUnderTest> brokenBackends() {
  return {
      broken<AcknowledgesWithoutLeaseNumber>("acknowledge"),
      broken<LeasesInTwoSteps>("lease"),
      broken<RecoversFromAnOldList>("recovery"),
      broken<PushesTwice>("push"),
      broken<ReleasesWhatIsGone>("release"),
      broken<LeasesBeforeTheTime>("due"),
      broken<ForgetsTheWishOnRelease>("cancel"),
      broken<MemoryQueue, LateWriterWins>("meta"),
  };
}

}  // namespace leptir::conformance
