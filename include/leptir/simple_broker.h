// The seam to a queue in one store. `Broker` puts several behind one door with priorities; a backend implements these
// three classes. Each sentence here is a promise that the conformance suite (tests/conformance) keeps every backend to.
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

// How many tasks stand where. Every task is in exactly one of the four.
struct TaskCounts {
  std::uint64_t due = 0;        // could be leased now
  std::uint64_t scheduled = 0;  // wait for their time
  std::uint64_t leased = 0;     // some session holds them
  std::uint64_t buried = 0;     // put aside

  friend bool operator==(const TaskCounts&, const TaskCounts&) = default;
};

// One holder of leases: an instance of leptir, by a random 128-bit name, and an epoch that is spent once per broker.
struct SessionId {
  std::string instance{};  // 32 lower-case hex digits
  std::uint64_t epoch = 0;

  friend bool operator==(const SessionId&, const SessionId&) = default;
};

// Who a session is, for people: kept beside it.
struct SessionCard {
  std::string host{};
  int pid = 0;  // of the master
  std::string version{};
  int workers = 0;
};

// Somebody asked to cancel a task that is leased.
struct CancelWish {
  LeaseId lease{};
  std::string by{};  // user@host

  friend bool operator==(const CancelWish&, const CancelWish&) = default;
};

// What one renewal found out.
struct Renewal {
  std::vector<CancelWish> cancelled{};  // somebody asked to cancel these; said again at each renewal until they leave
  std::vector<LeaseId> lost{};          // these are no longer ours
};

// How many tasks each session leaves to others at once, at least, see Released::leftUntil.
inline constexpr std::size_t kMostLeftToOthers = 10'000;

// Back into the queue, with new counters.
struct Released {
  LeaseId lease{};
  Counters counters{};
  std::optional<Time> due{};    // nothing: where it stood, before those that were due later
  std::string_view envelope{};  // as it was leased: for stores that cannot change a task in place; owned by the caller
  // This session does not lease it before; other sessions may as soon as it is due. What stands behind it is leased all
  // the same. When a session leaves kMostLeftToOthers already, or the task has no id, it is due then, for all sessions.
  std::optional<Time> leftUntil{};
};

// Out of the queue, kept as it came.
struct Buried {
  LeaseId lease{};
  Counters counters{};
  std::string reason{};
  std::string_view envelope{};  // as in Released
};

// What came of one call that acknowledged and leased.
struct AcknowledgedAndPopped {
  std::vector<LeaseId> notOurs{};
  std::vector<LeasedTask> tasks{};
};

// What one session holds in one store. After Lost nothing works any more: drop it and open a new one.
// One thread at a time, the one that uses its broker. Its destructor touches nothing in the store.
class BrokerSession {
 public:
  virtual ~BrokerSession() = default;

  // Leases at most `limit` due tasks, earliest timeOfExecution first. When none is due, waits until one may be,
  // `longest` has passed or `wake` is rung by any thread; it may return early, and what still arrives after a wake
  // belongs to the next call. An empty list is not an error. A task that is not due by the store's clock is never
  // leased. Two sessions never hold one task. One that somebody asked to cancel while it was leased before says so.
  virtual Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) = 0;

  // Keeps `held` ours for `lease` from now. Answers which of them somebody asked to cancel (each time, until they
  // leave) and which were lost one by one.
  virtual Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) = 0;

  // Forgets finished tasks. Answers which of them were no longer ours (and therefore were not touched).
  virtual Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) = 0;

  // acknowledge(), and then popBrokerTasks() without a wait: for stores where both take one round trip. An error leaves
  // open what of it was done: to acknowledge again is harmless, and what was leased is among heldTasks().
  virtual Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                          Wake& wake);

  // Puts tasks back with new counters and due time. Answers as above.
  virtual Result<std::vector<LeaseId>> release(std::span<const Released> tasks) = 0;

  // Puts tasks aside, out of the queue, kept as they came with a reason until someone revives or removes them. Answers
  // as above.
  virtual Result<std::vector<LeaseId>> bury(std::span<const Buried> tasks) = 0;

  // All that this session holds, as the store sees it. Unsupported where a store cannot tell.
  virtual Result<std::vector<LeasedTask>> heldTasks() = 0;

  // Gives back what it still holds, counters untouched, due at once, and ends the session: a clean stop. Afterwards
  // every operation answers Lost.
  virtual Result<void> close() = 0;
};

// Where a task stands.
enum class TaskState { Due, Scheduled, Leased, Buried };

// due, scheduled, leased, buried: as `info` prints them.
std::string_view nameOf(TaskState state);

// A task as its store keeps it.
struct FoundTask {
  std::string id{};
  TaskState state = TaskState::Due;
  Time due{};  // when it may be leased; for a leased or buried one, when it last could
  Counters counters{};
  std::string envelope{};
  std::string reason{};  // buried: why
};

// Part of a long list: entries from `offset` on, at most `limit`.
struct Page {
  std::size_t offset = 0;
  std::size_t limit = 100;
};

// What became of a wish to cancel.
enum class Cancelled {
  Removed,    // it waited or was buried, and is gone
  Requested,  // it is leased; whoever holds it learns of it at the next renewal, and a release cannot shed it
};

// Looks after single tasks: for commands and dashboards, not for the conveyor. The thread of its broker.
// NotFound: no task of that id is in the queue. Unsupported: this store cannot find tasks by id.
class TaskKeeper {
 public:
  virtual ~TaskKeeper() = default;

  virtual Result<FoundTask> find(std::string_view id) = 0;
  // Takes out a task that is not leased. Lost: somebody holds it now; cancel it instead.
  virtual Result<void> remove(std::string_view id) = 0;
  // `by` is user@host, kept with the wish.
  virtual Result<Cancelled> cancel(std::string_view id, std::string_view by) = 0;
  // Buried tasks, the longest buried first. A malformed one has its own id, made when it was buried.
  virtual Result<std::vector<FoundTask>> listBuried(Page page) = 0;
  // Puts buried tasks back, due at once, counters zero. Answers how many of them were buried.
  virtual Result<std::size_t> revive(std::span<const std::string> ids) = 0;
};

// What a store can and cannot do: code asks this instead of knowing names. tests/conformance has the table of what each
// backend must answer.
struct BrokerTraits {
  enum class Counts { Exact, Approximate };
  enum class CancelReach {
    WithinASecond,
    AtRenewal,
    Never
  };  // how soon the holder of a leased task learns of a cancel

  bool keepsOrder = true;          // earliest first, across all sessions
  bool pushesAtomically = true;    // all or none of a list
  bool refusesRepeatedIds = true;  // a second push of an id in the queue adds nothing
  bool findsById = true;           // keeper() works
  bool listsHeldTasks = true;      // heldTasks() works
  bool wakesWaiters = true;        // a push by another process ends a waiting pop
  bool everyPushWakes = true;      // false: some producers ring no bell (PHP), so a pop may wait too long for theirs
  bool sessionsExpire = true;      // a session ends when nobody renews it; false: it ends with its instance's processes
  Counts counts = Counts::Exact;
  CancelReach cancel = CancelReach::WithinASecond;
  std::size_t largestEnvelope = kMaxEnvelopeBytes;
  std::optional<Duration> longestDelay{};  // further ahead it is sent on in hops
  std::string durability{};                // in words, for `check` and the benchmarks: what survives what
  // What the store's owner should change, a sentence each, for `check` and the log: what there is to lose as it is.
  std::vector<std::string> warnings{};
};

// One queue in one store. Broker puts several behind one door with priorities.
// One thread at a time. Opened after fork, by the process that uses it; never used across a fork.
class SimpleBroker {
 public:
  virtual ~SimpleBroker() = default;

  // Adds all tasks or none (where a store cannot, see traits, the error says which ids were not added). Once ok, they
  // survive our crash. A task whose id is in the queue (buried counts) is not added twice; that is not an error.
  // TooLarge, Invalid: names the task, adds none. A task without timeOfExecution is due now, by the store's clock.
  virtual Result<void> pushBrokerTasks(std::span<const BrokerTask> tasks) = 0;

  virtual Result<TaskCounts> tasksCount() = 0;

  // Begins to take tasks in the name of `session`, an epoch that never was before: Invalid when it or a later one was.
  // Earlier epochs of the instance that are still open are claimed by it. The card is kept beside it for `status`. The
  // session lasts `lease` from now; renew() prolongs it (stores whose sessions do not expire ignore it, see traits, and
  // answer Unavailable unless a process holds the lock of the instance, see Backend::sessionLockFile).
  virtual Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionCard& card,
                                                             Duration lease) = 0;

  // Goes on with a session that an earlier process of this instance opened. Lost: claimed, closed or unknown.
  virtual Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) = 0;

  // Claims sessions whose time is over, but never one of an instance whose session was opened or resumed on this
  // object, and gives back what they held (`expiries` + 1, due after delayAfterExpiry), at most
  // `limit` tasks a call; any instance may call it, and go on where another stopped. Answers how many tasks it gave
  // back.
  virtual Result<std::size_t> recoverExpired(std::size_t limit) = 0;

  // What the log should say of the last calls of recoverExpired, a line each: which processes were killed and why,
  // of which session it cannot be told whether its instance lives. Each is answered once.
  virtual std::vector<std::string> takeNotices() { return {}; }

  // All processes of this instance are known to be dead: its sessions are over now, and recoverExpired may claim them.
  // Where sessions end with their processes there is nothing to do.
  virtual Result<void> endSessionsOf(std::string_view) { return {}; }

  // Tries what pushes and dispatchers will do, in a way that leaves nothing behind: for checks of a configuration.
  // Invalid: our user may not do something of it, or the server does not know it. Unavailable: not now.
  virtual Result<void> tryRights() { return {}; }

  // False: something happened to the connection (a failed disk, a removed file) after which every call fails; the
  // broker must be opened anew.
  virtual bool isUsable() const { return true; }

  virtual TaskKeeper& keeper() = 0;
  virtual BrokerTraits traits() const = 0;
};

// How long a task that came back with its `expiries`-th expired lease waits: at once after the first, then 5 s × 2ⁿ⁻²;
// nothing: it is buried (10th). For recoverExpired of every backend (docs/design.md).
std::optional<Duration> delayAfterExpiry(std::uint32_t expiries);

}  // namespace leptir
