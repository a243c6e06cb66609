#include "settlement/held_task.h"

#include <utility>

namespace leptir::settlement {

HeldTask asHeldTask(const FoundTask& found, Time now) {
  HeldTask task{.counters = found.counters};
  task.lease.number = static_cast<std::uint64_t>(now.time_since_epoch().count());
  if (auto head = task::decodeEnvelope(found.envelope)) task.head = std::move(*head);
  task.head.id = found.id;
  return task;
}

LogTask logTaskOf(const HeldTask& task) {
  return {.id = task.head.id, .name = task.head.name, .attempt = task.counters.nextAttempt()};
}

}  // namespace leptir::settlement
