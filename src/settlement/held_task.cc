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

std::string logPrefix(const HeldTask& task) {
  return "[" + task.head.id + "](" + task.head.name + ") ";
}

}  // namespace leptir::settlement
