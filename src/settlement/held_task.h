// A task that a dispatcher has leased, as settlement needs it.
#pragma once

#include <cstdint>
#include <string>

#include "leptir/logger.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/task_keeper.h"
#include "settlement/retry_delay.h"
#include "task/envelope.h"

namespace leptir::settlement {

struct HeldTask {
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  LeaseId lease;
  Counters counters;
  task::EnvelopeHead head;
  Duration retryDelay = kDefaultRetryDelay;  // before the first retry
  // The number of its name among those that this program knows, from 1; 0: unknown.
  std::uint32_t knownNameNumber = 0;
  // Tasks of one name with `max_running` have the same number here. 0: the name has no such limit.
  std::uint32_t limitedName = 0;
  std::int64_t limitedOrder = 0;  // among the tasks of its name and broker: those with lower numbers begin first

  bool hasExpired(Time now) const { return head.expires && *head.expires <= now; }
  // Whether its leases have expired so often that it is not run again.
  bool isGivenUp() const { return counters.expiries >= kMaxExpiries; }
};

// A task that no session holds, as if it were leased now: its lease number is above those of all earlier leases, and
// below those of a later push of this id.
HeldTask asHeldTask(const FoundTask& found, Time now);

// The task as log lines name it, for the attempt that is due now or runs. It points into `task`.
LogTask logTaskOf(const HeldTask& task);

}  // namespace leptir::settlement
