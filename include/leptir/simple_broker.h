// SimpleBroker, BrokerSession and TaskKeeper: the interface to a queue in one store, which each backend implements. The
// class Broker combines several of them. The conformance suite (tests/conformance) checks every sentence here against
// every backend.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "leptir/broker_task.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/wake.h"

namespace leptir {

// How many tasks of a queue are in which state. Every task is in exactly one of the four.
struct TaskCounts {
  std::uint64_t due = 0;        // can be leased now
  std::uint64_t scheduled = 0;  // wait for their time of execution
  std::uint64_t leased = 0;     // leased by a session
  std::uint64_t buried = 0;     // set aside until an operator revives or removes them

  friend bool operator==(const TaskCounts&, const TaskCounts&) = default;
};

// Identifies a session, which owns leases: the name of an instance of leptir (a random number of 128 bits), and an
// epoch, which counts the sessions of that instance at one broker and is never used twice.
struct SessionId {
  std::string instance{};  // 32 lower-case hex digits
  std::uint64_t epoch = 0;

  friend bool operator==(const SessionId&, const SessionId&) = default;
};

// Describes the instance of a session for operators. The store keeps it with the session.
struct SessionInfo {
  std::string host{};
  int pid = 0;  // of the master
  std::string version{};
  int workers = 0;
};

// A user's request to cancel a leased task.
struct CancelRequest {
  LeaseId lease{};
  std::string by{};  // user@host

  friend bool operator==(const CancelRequest&, const CancelRequest&) = default;
};

// The result of BrokerSession::renew.
struct Renewal {
  std::vector<CancelRequest> cancelled{};  // repeated at each renewal until the task leaves the queue
  std::vector<LeaseId> lost{};             // leases that no longer belong to this session
};

// Each session can leave at least this many tasks to other sessions at a time; see TaskRelease::leftToOthersUntil.
inline constexpr std::size_t kMaxTasksLeftToOthers = 10'000;

// A leased task that goes back into the queue, with new counters.
struct TaskRelease {
  LeaseId lease{};
  Counters counters{};
  std::optional<Time> due{};    // none: the task keeps its due time, and so its place in the queue
  std::string_view envelope{};  // the leased bytes, for stores that cannot change a task in place; owned by the caller
  // Until this time, this session does not lease the task again, but leases tasks behind it; other sessions may lease
  // it as soon as it is due. If the session already leaves kMaxTasksLeftToOthers tasks, or the task has no id, the task
  // becomes due at this time for all sessions instead.
  std::optional<Time> leftToOthersUntil{};
};

// A leased task that is set aside: it leaves the queue, and the store keeps its envelope unchanged.
struct TaskBurial {
  LeaseId lease{};
  Counters counters{};
  std::string reason{};
  std::string_view envelope{};  // as in TaskRelease
};

// The result of BrokerSession::acknowledgeAndPop.
struct AcknowledgedAndPopped {
  std::vector<LeaseId> notOurs{};
  std::vector<LeasedTask> tasks{};
};

// The session of an instance at one store: it leases tasks and settles them. After an operation returned Lost the
// session can no longer be used: destroy it and open a new one. Only the thread that uses its broker may use it. The
// destructor changes nothing in the store.
class BrokerSession {
 public:
  virtual ~BrokerSession() = default;

  // Leases at most `limit` due tasks, those with the earliest timeOfExecution first. When no task is due, it waits
  // until a task may be due, until `longest` has passed, or until any thread rings `wake`. It may return early; an
  // empty list is no error. Tasks that become available after `wake` was rung are left to the next call. The store's
  // clock decides which tasks are due. No two sessions ever have a lease on the same task. A task with a cancel request
  // from an earlier lease has LeasedTask::cancelledBy set.
  virtual Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) = 0;

  // Prolongs the session and its leases `held` until `lease` from now. Returns the cancel requests for these tasks (at
  // each call, until the tasks leave the queue) and the leases among `held` that this session has lost.
  virtual Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) = 0;

  // Removes finished tasks from the store. Returns the leases that no longer belonged to this session; their tasks are
  // left unchanged.
  virtual Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) = 0;

  // Does acknowledge(), and then popBrokerTasks() without waiting; some stores do both in one round trip. After an
  // error either part may have been done: acknowledging again is harmless, and heldTasks() includes the tasks that were
  // leased.
  virtual Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                          Wake& wake);

  // Puts tasks back into the queue, with new counters and a new due time. Returns the same as acknowledge().
  virtual Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) = 0;

  // Takes tasks out of the queue and keeps them, unchanged and with a reason, until an operator revives or removes
  // them. Returns the same as acknowledge().
  virtual Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) = 0;

  // All tasks that this session has leased, according to the store. Unsupported: the store cannot list them.
  virtual Result<std::vector<LeasedTask>> heldTasks() = 0;

  // Ends the session at a clean stop, and releases the tasks that it still has leased: due at once, with their counters
  // unchanged. Every later operation returns Lost.
  virtual Result<void> close() = 0;
};

// The state of a task in its store.
enum class TaskState { Due, Scheduled, Leased, Buried };

// The word that the command `info` prints for the state: due, scheduled, leased or buried.
std::string_view nameOf(TaskState state);

// A task in its store, as TaskKeeper finds it.
struct FoundTask {
  std::string id{};
  TaskState state = TaskState::Due;
  Time due{};  // the time from which it can be leased; if leased or buried: the time from which it last could
  Counters counters{};
  std::string envelope{};
  std::string reason{};  // of a buried task: why it was buried
};

// The part of a long list to return: at most `limit` entries, beginning with entry number `offset`.
struct Page {
  std::size_t offset = 0;
  std::size_t limit = 100;
};

// The effect of TaskKeeper::cancel.
enum class CancelResult {
  Removed,    // the task was waiting or buried, and has been removed
  Requested,  // the task is leased; its session gets the request at the next renewal, and a release keeps the request
};

// Finds, cancels, removes and revives single tasks by their ids, for commands and dashboards; dispatchers do not need
// it. Only the thread that uses its broker may use it. NotFound: no task in the queue has that id. Unsupported: the
// store cannot find tasks by id.
class TaskKeeper {
 public:
  virtual ~TaskKeeper() = default;

  virtual Result<FoundTask> find(std::string_view id) = 0;
  // Removes a task that is not leased. Lost: a session has leased it; use cancel() instead.
  virtual Result<void> remove(std::string_view id) = 0;
  // Removes a task that is not leased; for a leased task, stores a cancel request. `by` is user@host, and is stored
  // with the request.
  virtual Result<CancelResult> cancel(std::string_view id, std::string_view by) = 0;
  // The buried tasks, in the order in which they were buried. A malformed envelope has an id made at its burial.
  virtual Result<std::vector<FoundTask>> listBuried(Page page) = 0;
  // Puts buried tasks back into the queue, due at once and with all counters zero. Returns how many of `ids` were
  // buried.
  virtual Result<std::size_t> revive(std::span<const std::string> ids) = 0;
};

// What a store can and cannot do. Code checks these traits, never the type of the backend. tests/conformance has a
// table of the traits that each backend must have.
struct BrokerTraits {
  enum class Counts { Exact, Approximate };
  // How soon the session of a leased task gets a cancel request.
  enum class CancelLatency { WithinASecond, AtRenewal, Never };

  bool keepsOrder = true;          // tasks are leased earliest first, across all sessions
  bool pushesAtomically = true;    // a push adds all tasks of its list or none
  bool refusesRepeatedIds = true;  // pushing an id that is in the queue adds nothing
  bool findsById = true;           // keeper() works
  bool listsHeldTasks = true;      // heldTasks() works
  bool wakesWaiters = true;        // a push by another process ends a wait in popBrokerTasks
  bool everyPushWakes = true;      // false: some pushes, as those of PHP leptir, do not end that wait
  bool sessionsExpire = true;      // a session ends unless it is renewed; false: it ends with its processes
  Counts counts = Counts::Exact;
  CancelLatency cancel = CancelLatency::WithinASecond;
  std::size_t largestEnvelope = kMaxEnvelopeBytes;
  std::optional<Duration> longestDelay{};  // a task with a longer delay is rescheduled in steps
  std::string durability{};                // printed by `check` and benchmarks: which data survives which failure
  // Sentences for `check` and the log: settings of the store that risk losing tasks, and that its owner should change.
  std::vector<std::string> warnings{};
};

// One queue in one store. The class Broker combines several queues by priority. Only one thread at a time may use it.
// The process that uses it opens it after the fork; it must not be used across a fork.
class SimpleBroker {
 public:
  virtual ~SimpleBroker() = default;

  // Adds all tasks or none. (Without BrokerTraits::pushesAtomically some may be added; then the error names the ids
  // that were not.) After success the tasks survive a crash of this process. A task whose id is in the queue already,
  // or is buried, is not added again; that is no error. A task without timeOfExecution is due at once, by the store's
  // clock. TooLarge, Invalid: the error names the task, and no task was added.
  virtual Result<void> pushBrokerTasks(std::span<const BrokerTask> tasks) = 0;

  virtual Result<TaskCounts> tasksCount() = 0;

  // Opens a new session, and stores `card` with it for `status`. Its epoch must be new: Invalid when the instance has
  // used this epoch or a later one at this broker. The new session claims the earlier sessions of its instance that are
  // still open. It expires `lease` from now unless renew() prolongs it. A store without BrokerTraits::sessionsExpire
  // ignores `lease`, and returns Unavailable unless a process holds the instance's lock (Backend::sessionLockFile).
  virtual Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& card,
                                                             Duration lease) = 0;

  // Continues a session that an earlier process of the instance opened. Lost: it was claimed or closed, or is unknown.
  virtual Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) = 0;

  // Claims expired sessions, and puts at most `limit` of their tasks back into the queue: `expiries` + 1, due after
  // delayAfterExpiry. It never claims a session of an instance that opened or resumed a session on this object. Any
  // instance may call it, and continues where another instance stopped. Returns the number of tasks put back.
  virtual Result<std::size_t> recoverExpired(std::size_t limit) = 0;

  // Returns, once each, log lines about the last calls of recoverExpired: which processes were killed and why, and for
  // which session it is unknown whether its instance is alive.
  virtual std::vector<std::string> takeNotices() { return {}; }

  // Expires all sessions of an instance at once, so that recoverExpired can claim them. The caller knows that all
  // processes of the instance are dead. A store whose sessions end with their processes has nothing to do.
  virtual Result<void> endSessionsOf(std::string_view) { return {}; }

  // Tries the operations of pushes and dispatchers without changing the store, for checks of a configuration. Invalid:
  // this user has no right to one of them, or the server does not support it. Unavailable: they cannot be tried now.
  virtual Result<void> tryRights() { return {}; }

  // False: every further call will fail, for example because the disk failed or the file was removed; open the broker
  // again.
  virtual bool isUsable() const { return true; }

  virtual TaskKeeper& keeper() = 0;
  virtual BrokerTraits traits() const = 0;
};

// The delay before a task is due again after its `expiries`-th expired lease: zero after the first, then 5 s × 2ⁿ⁻²;
// none: the task is buried, at the 10th. recoverExpired of every backend uses it (docs/design.md).
std::optional<Duration> delayAfterExpiry(std::uint32_t expiries);

}  // namespace leptir
