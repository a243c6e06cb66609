// What really happened in a simulated world, and what must never have happened.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/memory/memory_meta_storage.h"
#include "backends/memory/memory_queue.h"

namespace leptir::simulator {

using Records = std::vector<std::shared_ptr<MemoryRecords>>;  // of each required storage

// The reference queue, which says when somebody acknowledges what is not recorded everywhere.
class WatchedQueue final : public MemoryQueue {
 public:
  WatchedQueue(const Clock& clock, Records records) : MemoryQueue(clock), records_(std::move(records)) {}

  Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases) override;

  // Everything that an operation could change.
  std::string image();
  bool isOpen(const SessionId& session) { return resume(session).has_value(); }
  bool holds(SessionNumber session, const LeaseId& lease);

  Result<std::vector<LeaseId>> bury(SessionNumber session, std::span<const Buried> tasks) override;

  std::set<std::string> settled;
  std::set<std::string> unsettlable;  // buried unread, since six dispatchers died while they settled the outcome
  std::string complaint;  // the first one

 private:
  bool isRecorded(const Task& task) const;

  Records records_;
};

// Every run of every task that is not settled yet.
class Ledger {
 public:
  explicit Ledger(WatchedQueue& queue) : queue_(queue) {}

  struct Run {
    SessionId session;
    bool running = true;
    bool succeeded = false;
  };

  // Sessions are claimed before their time in this world, so that nobody can know of it in time.
  bool claimsEarly = false;

  void pushed() { ++pushed_; }
  void removed() { --pushed_; }
  // Answers its number among the runs of this task.
  std::size_t begin(const std::string& id, const SessionId& session);
  void end(const std::string& id, std::size_t run, bool succeeded);
  // Empty, or what is wrong now.
  std::string check();

 private:
  void complain(const std::string& what);

  WatchedQueue& queue_;
  std::size_t pushed_ = 0;
  std::map<std::string, std::vector<Run>> runs_;
  std::string complaint_;
};

}  // namespace leptir::simulator
