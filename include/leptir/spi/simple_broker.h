// SimpleBroker: the interface to a queue in one store, which each backend implements. The class Broker combines several
// of them. The conformance suite (tests/conformance) checks every sentence of this header, of broker_session.h and of
// task_keeper.h against every backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/broker_traits.h"
#include "leptir/spi/encoded_task.h"
#include "leptir/spi/fleet_store.h"
#include "leptir/spi/store_finding.h"
#include "leptir/spi/task_keeper.h"
#include "leptir/task_counts.h"

namespace leptir {

// How many requests a broker has sent to a store that charges for each request.
struct StoreRequests {
  std::uint64_t sent = 0;       // all, repeated ones included
  std::uint64_t repeated = 0;   // sent again after an error
  std::uint64_t throttled = 0;  // refused since there were too many
};

// What a store has buried by itself.
struct StoreBurial {
  std::string id{};  // made at the burial, for TaskKeeper
  std::string reason{};
};
inline constexpr std::size_t kMaxStoreBurials = 1000;

// One queue in one store. The class Broker combines several queues by priority. Only one thread at a time may use it.
// The process that uses it opens it after the fork; it must not be used across a fork.
class SimpleBroker {
 public:
  virtual ~SimpleBroker() = default;

  // Adds all tasks or none. (Without BrokerTraits::pushesAtomically some may be added; then the error names the ids
  // that were not.) After success the tasks survive a crash of this process. A task whose id is in the queue already,
  // or is buried, is not added again; that is no error. A task without timeOfExecution is due at once, by the store's
  // clock. TooLarge, Invalid: this store cannot hold one of the tasks, which the error names; no task was added.
  virtual Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) = 0;
  // Encodes all tasks (errors as EncodedTask::encode), and then pushes them.
  Result<void> pushBrokerTasks(std::span<const BrokerTask> tasks);

  virtual Result<TaskCounts> tasksCount() = 0;

  // Opens a new session, and stores `info` with it for `status`. Its epoch must be new: Invalid when the instance has
  // used this epoch or a later one at this broker. The new session claims the earlier sessions of its instance that are
  // still open. It expires `lease` from now unless renew() prolongs it. A store without BrokerTraits::sessionsExpire
  // ignores `lease`, and returns Unavailable unless a process holds the instance's lock (Backend::sessionLockFile).
  // Without BrokerTraits::keepsSessions every epoch counts as new, no session is claimed, and `lease` is how long each
  // lease lasts until it is renewed.
  virtual Result<std::unique_ptr<BrokerSession>> openSession(const SessionId& session, const SessionInfo& info,
                                                             Duration lease) = 0;

  // Continues a session that an earlier process of the instance opened. Lost: it was claimed or closed, or is unknown
  // (never without BrokerTraits::keepsSessions).
  virtual Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId& session) = 0;

  // Claims expired sessions, and puts at most `limit` of their tasks back into the queue: `expiries` + 1, due after
  // delayAfterExpiry. It buries none: a task whose lease expired kMaxExpiries times is buried by the next instance
  // that leases it, which records that. It never claims a session of an instance that opened or resumed a session on
  // this object. Any instance may call it, and continues where another instance stopped. Returns the number of tasks
  // put back.
  virtual Result<std::size_t> recoverExpired(std::size_t limit) = 0;

  // Returns, once each, what calls of this object and of its sessions have buried by themselves: bytes of another
  // program that the store must not read, so that no session could lease and bury them. They are over. At most
  // kMaxStoreBurials are remembered between two calls; a process that dies first has not told of them.
  virtual std::vector<StoreBurial> takeBurials() { return {}; }

  // Returns, once each, log lines about the last calls of recoverExpired: which processes were killed and why, and for
  // which session it is unknown whether its instance is alive.
  virtual std::vector<std::string> takeNotices() { return {}; }

  // Expires all sessions of an instance at once, so that recoverExpired can claim them. The caller knows that all
  // processes of the instance are dead. A store whose sessions end with their processes has nothing to do.
  virtual Result<void> endSessionsOf(std::string_view) { return {}; }

  // Tries the operations of pushes and dispatchers without changing the store, for checks of a configuration. Invalid:
  // this user has no right to one of them, or the server does not support it. Unavailable: they cannot be tried now.
  virtual Result<void> checkRights() { return {}; }

  // Looks for what loses tasks or slows them down: settings of the store, its space, missing indexes, its clock. It
  // changes nothing, and takes less than a second. The default tells the warnings of traits().
  virtual Result<StoreExamination> examine() { return examinationOf(traits().warnings); }

  // What the calls of this object and of its sessions have sent so far. None (the default): requests to this store cost
  // nothing and are not counted.
  virtual std::optional<StoreRequests> requestsSent() const { return {}; }

  // False: every further call will fail, for example because the disk failed or the file was removed; open the broker
  // again.
  virtual bool isUsable() const { return true; }

  virtual TaskKeeper& keeper() = 0;
  // What instances and commands tell each other through this store. Null (the default): the store cannot keep it.
  virtual FleetStore* fleet() { return nullptr; }
  virtual BrokerTraits traits() const = 0;
};

// The delay before a task is due again after its `expiries`-th expired lease: zero after the first, then 5 s × 2ⁿ⁻²;
// zero from kMaxExpiries on, since the task is not run again. recoverExpired of every backend uses it
// (docs/design.md).
Duration delayAfterExpiry(std::uint32_t expiries);

}  // namespace leptir
