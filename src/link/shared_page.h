// Values that every process of an instance reads at any time without a lock. Read-only for workers.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "base/limits.h"
#include "leptir/clock.h"
#include "link/lease_times.h"
#include "link/shared_order.h"

namespace leptir::link {

// How far the shutdown of the instance has come. Written by the master; never decreases.
enum class ShutdownStage : std::uint32_t {
  No,
  Drain,  // TERM: no task is leased any more, running tasks may finish, tasks that have not begun are released
  Now,    // QUIT, or shutdown_grace is over: running tasks are being ended
  Leave,  // the dispatcher has ended: workers exit
};

// How an instance ends. Written by the dispatcher when it exits; the master reads it once it has reaped the dispatcher.
enum class InstanceEnd : std::uint32_t {
  None,                  // it goes on: the dispatcher runs, died, or has handed over to a successor
  Stopped,               // by a signal, and all tasks are settled
  DrainedEmpty,          // --drain: the queues of all brokers are empty
  DrainedExceptUnknown,  // --drain: only tasks with unknown names are left
  StoreUnusable,         // a store can never be used as configured
  SessionsLeftToExpire,  // by a signal, but tasks are left that return to their queues when their sessions expire
  Failed,                // by the master alone: it could not start (no memory, no processes); the log says why
};

// The broker of what belongs to no broker: an error report. It has no lease that could end.
inline constexpr std::uint32_t kNoBroker = std::numeric_limits<std::uint32_t>::max();

// The session at one broker, as every process of the instance sees it.
struct SharedSession {
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  std::atomic<std::uint64_t> epoch{0};  // stored here before the request that opens it is sent; zero: none yet
  std::atomic<std::int64_t> leaseEndsBoot{
      kNever};  // BootTime in microseconds; kNever for sessions that live as long as their processes
  // A new epoch must be greater: other brokers of this instance may have used epochs up to this one in the same store.
  std::atomic<std::uint64_t> maxEpochElsewhere{0};
  // Nonzero: tasks are leased one at a time here, so a lease that stands in no cell names the task that the dispatcher
  // handled when it died.
  std::atomic<std::uint32_t> singleLeaseMode{0};
  std::atomic<std::uint32_t> ended{0};  // nonzero: the configuration no longer has this broker; its session is closed
  SharedOrder order;                    // the last order to this instance from the store of this broker
};

// Requests to stores that charge for each request, since the start of the instance. Feeders add to them.
struct SharedStoreRequests {
  std::atomic<std::uint64_t> sent{0}, repeated{0}, throttled{0};
};

struct SharedPage {
  LeaseTimes leaseTimes;  // written before the first fork
  std::atomic<ShutdownStage> stopping{ShutdownStage::No};
  std::atomic<std::int64_t> masterBeat{0};  // when the master last made progress: BootTime in microseconds
  std::atomic<std::int64_t> dispatcherBeat{0};
  std::atomic<std::uint32_t> dispatcherSleeps{0};  // nonzero: the dispatcher waits for its bell; workers ring only then
  std::atomic<InstanceEnd> instanceEnd{InstanceEnd::None};
  std::atomic<std::uint32_t> handOver{0};       // nonzero: the master asks the dispatcher to exit for its successor
  std::atomic<std::uint32_t> drained{0};        // nonzero: an order says that no task begins; written by the master
  std::atomic<std::uint32_t> logReopenings{0};  // how often the master has reopened the logs; the dispatcher follows
  std::atomic<std::uint64_t> brokersWithoutSession{1};  // bit i: broker i has no session, as the dispatcher sees it
  // BootTime in microseconds until which tasks are leased one at a time, since dispatchers died in quick succession.
  std::atomic<std::int64_t> singleLeasesUntil{0};
  std::atomic<std::uint32_t> dispatcherDeaths{0};  // how often the master replaced a dispatcher that died
  SharedSession brokers[base::kMaxBrokers];
  SharedStoreRequests storeRequests;
};

// Whether a worker may begin a task of this broker and epoch now: the session is current, its lease lasts long enough.
// Always for kNoBroker.
bool mayBegin(const SharedPage& page, std::uint32_t broker, std::uint64_t epoch, BootTime now);

}  // namespace leptir::link
