// A queue in the memory of one process. The conformance suite compares the other backends with it, and tests of tasks
// run on it. It is the shortest implementation of the promises in simple_broker.h.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/lease_exclusions.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::memory {

// Any thread. The functions are those of SimpleBroker, BrokerSession and TaskKeeper, with a number for each session.
// Some are virtual, so that a test can break them and show that the conformance suite notices.
class MemoryQueue {
 public:
  using SessionNumber = std::uint64_t;

  explicit MemoryQueue(const Clock& clock) : clock_(&clock) {}
  virtual ~MemoryQueue() = default;

  virtual Result<void> push(std::span<const BrokerTask> tasks);
  // Adds a task as another program could: with any bytes as its envelope, and without an id.
  void pushRaw(std::string envelope, Time due);
  TaskCounts counts();

  Result<SessionNumber> open(const SessionId& id, const SessionInfo& card, Duration lease);
  Result<SessionNumber> resume(const SessionId& id);
  // `own`: the instances of the calling broker; their sessions are never claimed.
  virtual std::size_t recover(std::size_t limit, const std::set<std::string>& own);

  virtual Result<std::vector<LeasedTask>> lease(SessionNumber session, std::size_t limit);
  virtual Result<Renewal> renew(SessionNumber session, std::span<const LeaseId> held, Duration lease);
  virtual Result<std::vector<LeaseId>> acknowledge(SessionNumber session, std::span<const LeaseId> leases);
  virtual Result<std::vector<LeaseId>> release(SessionNumber session, std::span<const TaskRelease> tasks);
  virtual Result<std::vector<LeaseId>> bury(SessionNumber session, std::span<const TaskBurial> tasks);
  Result<std::vector<LeasedTask>> held(SessionNumber session);
  virtual Result<void> close(SessionNumber session);

  Result<FoundTask> find(std::string_view id);
  Result<void> remove(std::string_view id);
  Result<CancelResult> cancel(std::string_view id, std::string_view by);
  std::vector<FoundTask> listBuried(Page page);
  std::size_t revive(std::span<const std::string> ids);
  std::vector<FoundTask> buriedAmong(std::span<const std::string> ids);

  // Makes the sessions of this instance expire now.
  void expireSessionsOf(std::string_view instance);

  // How long until this session can lease its next task, at most `longest`.
  Duration untilNextDue(SessionNumber session, Duration longest);
  // The queue rings each added bell whenever a task may have become due.
  void addBell(Wake& bell);
  void removeBell(Wake& bell);

 protected:
  using TaskNumber = std::uint64_t;  // of a task; counts the tasks in the order of their pushes

  struct Task {
    TaskNumber number = 0;
    std::string id;
    std::string envelope;
    Counters counters;
    Time due;
    SessionNumber holder = 0;  // the session that leased it; 0: no session
    std::uint64_t lease = 0;   // number of its last lease
    TaskNumber buried = 0;     // counts buried tasks in the order of burying; 0: not buried
    std::string reason;
    std::string cancelledBy;
  };
  struct Session {
    enum class State { Open, Claimed, Ended };
    SessionId id;
    SessionInfo card;
    Time expiry;
    State state = State::Open;
    broker::LeaseExclusions<TaskNumber> left{};
  };

  Result<void> checkSession(SessionNumber session) const;
  Task* heldTask(SessionNumber session, const LeaseId& lease);
  Task& add(std::string id, std::string envelope, Time due);
  void enqueue(Task& task, Time due);  // the task is not leased any more and may be leased from `due` on
  Time dueAfterRelease(SessionNumber session, const Task& task, const TaskRelease& released);
  void markBuried(Task& task, std::string reason);
  void forget(Task& task);
  void recoverTask(Task& task);
  Task* byId(std::string_view id);
  TaskState stateOf(const Task& task) const;
  FoundTask toFoundTask(const Task& task) const;
  LeasedTask toLeasedTask(const Task& task) const;
  void ring();

  const Clock* clock_;
  std::mutex mutex_;  // guards all below
  std::map<TaskNumber, Task> tasks_;
  std::set<std::pair<Time, TaskNumber>> waiting_;
  std::unordered_map<std::string, TaskNumber> ids_;
  std::vector<Session> sessions_;
  std::uint64_t lastLease_ = 0;
  TaskNumber lastNumber_ = 0;
  TaskNumber lastBuried_ = 0;
  std::set<Wake*> bells_;
};

}  // namespace leptir::memory
