#include "testing/stored_task.h"

#include <utility>

#include "task/envelope.h"

namespace leptir::testing {

StoredTask storedTask(std::string_view broker, FoundTask found) {
  StoredTask task{.broker = std::string(broker),
                  .id = std::move(found.id),
                  .state = found.state,
                  .due = found.due,
                  .counters = found.counters,
                  .reason = std::move(found.reason)};
  const auto head = task::decodeEnvelope(found.envelope);
  if (!head) return task;
  task.name = head->name;
  task.timeLimitSeconds = head->timeLimitSeconds;
  task.maxAttempts = head->maxAttempts;
  if (const auto call = task::decodeTaskCall(found.envelope)) task.parameters = Json::parse(call->parameters);
  return task;
}

}  // namespace leptir::testing
