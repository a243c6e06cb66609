// BrokerSession: the session of an instance at one store, through which a dispatcher leases and settles tasks. Each
// backend implements it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/wake.h"

namespace leptir {

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

// How many tasks a session can leave to other sessions at a time. A backend must be able to remember this many; a task
// beyond them becomes due for all sessions at TaskRelease::leftToOthersUntil.
inline constexpr std::size_t kMaxTasksLeftToOthers = 10'000;

// A store may end a lease early once the envelopes of its tasks have more bytes than this together, since each may have
// kMaxEnvelopeBytes. A larger lease would be no faster, but would hold up a store that does one thing at a time, and a
// server on a busy machine would not answer in time.
inline constexpr std::size_t kMaxLeaseBytes = std::size_t{16} << 20;

// A leased task that goes back into the queue, with new counters.
struct TaskRelease {
  LeaseId lease{};
  Counters counters{};
  std::optional<Time> due{};    // none: the task keeps its due time, and so its place in the queue
  std::string_view envelope{};  // the leased bytes, for stores that cannot change a task in place; owned by the caller
  // Until this time, this session does not lease the task again, but leases tasks behind it; other sessions may lease
  // it as soon as it is due. If the session already leaves kMaxTasksLeftToOthers tasks, or the task has no id, or
  // without BrokerTraits::leavesToOthers, the task becomes due at this time for all sessions instead.
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
  // clock decides which tasks are due. No two sessions ever have a lease on the same task (without
  // BrokerTraits::keepsSessions: hardly ever). A task with a cancel request from an earlier lease has
  // LeasedTask::cancelledBy set. Fewer tasks than `limit` say that no further one was due, unless they have more than
  // kMaxLeaseBytes together; a store that counts approximately may overlook due tasks for a moment.
  virtual Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) = 0;

  // The instance has no use for a further task now: puts back what the store has handed out ahead of a lease and what
  // has waited for some time, so that other sessions can lease it. Called again and again while that lasts; a store
  // that hands out nothing ahead does nothing.
  virtual Result<void> giveBackUnused();
  // The caller can take no tasks now: waits until `wake` is rung, which it clears, or until `longest` has passed. A
  // session that receives tasks ahead of a lease goes on with that meanwhile.
  virtual void waitWithoutLeasing(Duration longest, Wake& wake);

  // For stores that are paid by the request; the others ignore it. From now on the session saves requests: an empty
  // queue is asked once in `emptyQueueSleepTime` at most, so that a wait in popBrokerTasks() may overlook a push for so
  // long; and tasks may be received ahead of a lease, while the caller takes many and calls giveBackUnused() when it
  // takes none.
  virtual void reduceRequests(Duration emptyQueueSleepTime);

  // Prolongs the session and its leases `held` until `lease` from now. Returns the cancel requests for these tasks (at
  // each call, until the tasks leave the queue) and the leases among `held` that this session has lost; without
  // BrokerTraits::keepsSessions also other leases that it has lost.
  virtual Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) = 0;

  // Removes finished tasks from the store. Returns the leases that no longer belonged to this session; their tasks are
  // left unchanged.
  virtual Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) = 0;

  // Does acknowledge(), and then popBrokerTasks() without waiting; some stores do both in one round trip. After an
  // error either part may have been done: acknowledging again is harmless, and heldTasks() includes the tasks that were
  // leased.
  virtual Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                          Wake& wake);

  // Puts tasks back into the queue with new counters and due time. Returns leases that are no longer the session's.
  virtual Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) = 0;

  // Ends the time for which this session leaves tasks to others (TaskRelease::leftToOthersUntil): from now on it leases
  // them again, each in its place in the queue. `released`: the leases under which it released them; tasks that it does
  // not leave to others, or that are gone, are ignored. Without BrokerTraits::leasesAgain it does nothing, and the
  // session leases the tasks when that time is over.
  virtual Result<void> leaseAgain(std::span<const LeaseId> released);

  // Takes tasks out of the queue and keeps them, unchanged and with a reason, until an operator revives or removes
  // them (without BrokerTraits::keepsBuried: removes them). Returns the leases that no longer belonged to this session.
  virtual Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) = 0;

  // All tasks that this session has leased, according to the store; naming one twice is harmless. Without
  // BrokerTraits::keepsSessions: those that this process has leased in this session. Unsupported: the store cannot list
  // them.
  virtual Result<std::vector<LeasedTask>> heldTasks() = 0;

  // Ends the session at a clean stop, and releases the tasks that it still has leased: due at once, with their counters
  // unchanged. Every later operation returns Lost.
  virtual Result<void> close() = 0;
};

}  // namespace leptir
