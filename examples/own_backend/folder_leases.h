// Leases: tasks are taken in the order of their times, and settled by the session and under the lease number that took
// them: "returns the leases that no longer belonged to this session; their tasks are left unchanged"
// (broker_session.h).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "folder_sessions.h"
#include "folder_store.h"
#include "leptir/spi/broker_session.h"

namespace folder {

using leptir::LeaseId;

// Tasks, by id, that a session leaves to other sessions until a time (TaskRelease::leftToOthersUntil). It is lost with
// the process, which is harmless: the session then leases such a task once more.
class TasksLeftToOthers {
 public:
  // False: kMaxTasksLeftToOthers are left already.
  bool add(const std::string& id, Time until, Time now);
  // The session may lease the task again.
  void forget(const std::string& id) { until_.erase(id); }
  // When the session may lease the task: `due` or later.
  Time dueFor(const StoredTask& task, Time now) const;

 private:
  std::map<std::string, Time> until_;
};

class FolderLeases {
 public:
  // All must outlive the object.
  FolderLeases(FolderStore& store, const SessionId& session, TasksLeftToOthers& leftToOthers)
      : store_(store), session_(session), leftToOthers_(leftToOthers) {}

  struct Taken {
    std::vector<LeasedTask> tasks{};
    std::optional<Time> nextDue{};  // when none was taken: the time of the next task; none: there is no task
  };
  // Leases at most `limit` tasks that are due, the earliest first.
  Result<Taken> take(std::size_t limit);
  Result<std::vector<LeasedTask>> held();
  Result<leptir::Renewal> renew(std::span<const LeaseId> held, Duration lease);
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases);
  Result<std::vector<LeaseId>> release(std::span<const leptir::TaskRelease> tasks);
  Result<std::vector<LeaseId>> bury(std::span<const leptir::TaskBurial> tasks);

 private:
  struct Operation;  // holds the lock, and knows that the session is open
  Result<Operation> begin();
  Result<std::optional<StoredTask>> heldTask(const LeaseId& lease);
  // Calls `settle` with each task that this session holds; returns the other leases.
  template <class Settled, class Settle>
  Result<std::vector<LeaseId>> settleEach(std::span<const Settled> all, Settle settle);
  std::int64_t dueAfterRelease(const StoredTask& task, const leptir::TaskRelease& released);

  FolderStore& store_;
  const SessionId& session_;
  TasksLeftToOthers& leftToOthers_;
};

}  // namespace folder
