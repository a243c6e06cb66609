// SimpleBroker and TaskKeeper, implemented by a MemoryQueue.
#pragma once

#include <memory>

#include "backends/memory/memory_queue.h"
#include "leptir/spi/buried_lookup.h"

namespace leptir::memory {

class MemoryKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit MemoryKeeper(MemoryQueue& queue) : queue_(queue) {}

  Result<FoundTask> find(std::string_view id) override { return queue_.find(id); }
  Result<void> remove(std::string_view id) override { return queue_.remove(id); }
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override { return queue_.cancel(id, by); }
  Result<std::vector<FoundTask>> listBuried(Page page) override { return queue_.listBuried(page); }
  Result<std::size_t> revive(std::span<const std::string> ids) override { return queue_.revive(ids); }
  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) override {
    return queue_.list(filter, cursor, limit);
  }
  Result<std::optional<Time>> earliestDue() override { return queue_.earliestDue(); }
  Result<std::size_t> removeMany(std::span<const std::string> ids) override { return queue_.removeMany(ids); }
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due) override {
    return queue_.reschedule(ids, due);
  }
  Result<std::vector<ListedSession>> listSessions(Page page) override { return queue_.listSessions(page); }
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override {
    return queue_.buriedAmong(ids);
  }

 private:
  MemoryQueue& queue_;
};

class MemoryBroker final : public SimpleBroker {
 public:
  // The queue is shared by all brokers that are opened on it, and by their sessions.
  explicit MemoryBroker(std::shared_ptr<MemoryQueue> queue) : queue_(std::move(queue)), keeper_(*queue_) {}

  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override { return queue_->push(tasks); }
  Result<TaskCounts> tasksCount() override { return queue_->counts(); }
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                     Duration lease) override;
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) override;
  Result<void> endSessionsOf(std::string_view instance) override {
    queue_->expireSessionsOf(instance);
    return {};
  }
  Result<std::size_t> recoverExpired(std::size_t limit) override { return queue_->recover(limit, ownInstances_); }
  TaskKeeper& keeper() override { return keeper_; }
  FleetStore* fleet() override { return &queue_->fleet(); }
  BrokerTraits traits() const override;

 private:
  std::shared_ptr<MemoryQueue> queue_;
  MemoryKeeper keeper_;
  std::set<std::string> ownInstances_;
};

}  // namespace leptir::memory
