// Records what happens in a simulated world, and reports what must never happen.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/memory/memory_meta_storage.h"
#include "backends/memory/memory_queue.h"

namespace leptir::simulator {

using Records = std::vector<std::shared_ptr<memory::MemoryRecords>>;  // of each required storage

// The reference queue. It complains when a task is acknowledged that is not recorded in all storages.
class WatchedQueue final : public memory::MemoryQueue {
 public:
  WatchedQueue(const Clock& clock, Records records) : memory::MemoryQueue(clock), records_(std::move(records)) {}

  Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases) override;

  // A text of all state that an operation could change, for comparison.
  std::string image();
  bool isOpen(const SessionId& session) { return resume(session).has_value(); }
  bool holds(SessionNumber session, const LeaseId& lease);

  Result<std::vector<LeaseId>> bury(SessionNumber session, std::span<const TaskBurial> tasks) override;

  std::set<std::string> settled;
  std::set<std::string> unsettlable;  // tasks that were buried since six dispatchers died while they settled them
  std::string complaint;              // the first violation that was seen

 private:
  bool isRecorded(const Task& task) const;

  Records records_;
};

// All runs of all tasks, with the rules that they must keep.
class Ledger {
 public:
  explicit Ledger(WatchedQueue& queue) : queue_(queue) {}

  struct Run {
    SessionId session;
    bool running = true;
    bool succeeded = false;
  };

  // In this world sessions are also claimed before they expire, so that their instances cannot notice in time.
  bool claimsEarly = false;

  void pushed() { ++pushed_; }
  void removed() { --pushed_; }
  // Returns the number of the run among all runs of this task.
  std::size_t begin(const std::string& id, const SessionId& session);
  void end(const std::string& id, std::size_t run, bool succeeded);
  // Returns the first violation, or an empty text.
  std::string check();

 private:
  void complain(const std::string& what);

  WatchedQueue& queue_;
  std::size_t pushed_ = 0;
  std::map<std::string, std::vector<Run>> runs_;
  std::string complaint_;
};

}  // namespace leptir::simulator
