#include "leptir/run_task.h"

#include "leptir/logger.h"
#include "task/executor.h"
#include "task/run_environment.h"

namespace leptir {

task::TaskEnvironment task::environmentOf(std::string_view name, const RunOptions& options) {
  return {.id = options.id,
          .name = std::string(name),
          .attempt = options.attempt,
          .fence = options.fence,
          .timeLimit = options.timeLimit,
          .traceparent = options.traceparent,
          .stopToken = options.stopToken,
          .onProgress = options.onProgress};
}

Outcome runTask(const TaskRegistry& tasks, std::string_view name, const Json& parameters, const RunOptions& options) {
  const Logger silent;
  const auto& logger = options.logger != nullptr ? *options.logger : silent;
  return task::Executor(tasks, logger, *options.clock).run(task::environmentOf(name, options), writeJson(parameters));
}

}  // namespace leptir
