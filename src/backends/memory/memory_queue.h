// A queue in the memory of one process. The conformance suite compares the other backends with it, and tests of tasks
// run on it. It is the shortest implementation of the promises in simple_broker.h.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "backends/memory/memory_fleet.h"
#include "backends/memory/memory_tasks.h"
#include "broker/tasks_left_to_others.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::memory {

// Any thread. The functions are those of SimpleBroker, BrokerSession and TaskKeeper, with a number for each session.
// Some are virtual, so that a test can break them and show that the conformance suite notices.
class MemoryQueue : public MemoryTasks {
 public:
  explicit MemoryQueue(const Clock& clock) : MemoryTasks(clock), fleet_(clock) {}

  Result<SessionNumber> open(const SessionId& id, const SessionInfo& info, Duration lease);
  Result<SessionNumber> resume(const SessionId& id);
  // `own`: the instances of the calling broker; their sessions are never claimed.
  virtual std::size_t recover(std::size_t limit, const std::set<std::string>& own);

  virtual Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit);
  virtual Result<Renewal> renew(SessionNumber session, std::span<const LeaseId> held, Duration lease);
  virtual Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases);
  virtual Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const TaskRelease> tasks);
  Result<void> leaseAgain(SessionNumber session, std::span<const LeaseId> released);
  virtual Result<std::vector<LeaseId>> bury(SessionNumber session, std::span<const TaskBurial> tasks);
  Result<std::vector<LeasedTask>> held(SessionNumber session);
  virtual Result<void> close(SessionNumber session);

  std::vector<ListedSession> listSessions(Page page);
  // Makes the sessions of this instance expire now.
  void expireSessionsOf(std::string_view instance);

  virtual FleetStore& fleet() { return fleet_; }

  // How long until this session can lease its next task, at most `longest`.
  Duration untilNextDue(SessionNumber session, Duration longest);

 protected:
  struct Session {
    enum class State { Open, Claimed, Ended };
    SessionId id;
    SessionInfo info;
    Time expiry;
    State state = State::Open;
    broker::TasksLeftToOthers<TaskNumber> leftToOthers{};
  };

  // Called while mutex_ is locked.
  Result<void> checkSession(SessionNumber session) const;
  static TaskNumber numberIn(const LeaseId& lease);
  Task* heldTask(SessionNumber session, const LeaseId& lease);
  Time dueAfterRelease(SessionNumber session, const Task& task, const TaskRelease& released);
  void recoverTask(Task& task);
  LeasedTask toLeasedTask(const Task& task) const;
  ListedSession toListedSession(SessionNumber number) const;

  std::vector<Session> sessions_;  // guarded by mutex_

 private:
  std::uint64_t lastLease_ = 0;  // guarded by mutex_
  MemoryFleet fleet_;
};

}  // namespace leptir::memory
