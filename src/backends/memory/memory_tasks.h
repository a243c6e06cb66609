// The tasks of a queue in the memory of one process: pushed, counted, and found, cancelled, removed or revived by their
// ids. MemoryQueue adds the sessions that lease them.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "leptir/spi/simple_broker.h"

namespace leptir::memory {

// Any thread. The functions are those of SimpleBroker and TaskKeeper. Some are virtual, so that a test can break them
// and show that the conformance suite notices.
class MemoryTasks {
 public:
  using SessionNumber = std::uint64_t;

  explicit MemoryTasks(const Clock& clock) : clock_(&clock) {}
  virtual ~MemoryTasks() = default;

  virtual Result<void> push(std::span<const EncodedTask> tasks);
  // Adds a task as another program could: with any bytes as its envelope, and without an id.
  void pushRaw(std::string envelope, Time due);
  TaskCounts counts();

  Result<FoundTask> find(std::string_view id);
  Result<void> remove(std::string_view id);
  Result<CancelResult> cancel(std::string_view id, std::string_view by);
  std::vector<FoundTask> listBuried(Page page);
  virtual Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit);
  std::optional<Time> earliestDue();
  virtual std::size_t removeMany(std::span<const std::string> ids);
  virtual std::size_t reschedule(std::span<const std::string> ids, std::optional<Time> due);
  std::size_t revive(std::span<const std::string> ids);
  std::vector<FoundTask> buriedAmong(std::span<const std::string> ids);
  // The tasks that are due or scheduled, the earliest first.
  std::vector<FoundTask> listWaiting();

  // The queue rings each added bell whenever a task may have become due.
  void addBell(Wake& bell);
  void removeBell(Wake& bell);

 protected:
  using TaskNumber = std::uint64_t;    // counts the tasks in the order of their pushes
  using BurialNumber = std::uint64_t;  // counts the buried tasks in the order of burying

  struct Task {
    TaskNumber number = 0;
    std::string id;
    std::string envelope;
    Counters counters;
    Time due;
    SessionNumber holder = 0;  // the session that leased it; 0: no session
    std::uint64_t lease = 0;   // number of its last lease
    BurialNumber buried = 0;   // 0: not buried
    std::string reason;
    std::string cancelledBy;
  };

  // The functions below are called while mutex_ is locked.
  Task* byId(std::string_view id);
  TaskState stateOf(const Task& task) const;
  void enqueue(Task& task, Time due);  // the task is not leased any more and may be leased from `due` on
  void markBuried(Task& task, std::string reason);
  void forget(Task& task);
  void ring();
  FoundTask toFoundTask(const Task& task) const;

  const Clock* clock_;
  std::mutex mutex_;  // guards all below, and the sessions of MemoryQueue
  std::map<TaskNumber, Task> tasks_;
  std::set<std::pair<Time, TaskNumber>> waiting_;
  std::unordered_map<std::string, TaskNumber> ids_;

 private:
  using ListPosition = std::array<std::int64_t, 3>;

  Task& add(std::string id, std::string envelope, Time due);
  std::vector<ListPosition> positionsAfter(const std::optional<ListPosition>& after, ListOrder order) const;
  static ListPosition positionOf(const Task& task);

  TaskNumber lastNumber_ = 0;
  BurialNumber lastBuried_ = 0;
  std::set<Wake*> bells_;
};

}  // namespace leptir::memory
