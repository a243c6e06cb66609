#include "leptir/run_task.h"

#include "leptir/logger.h"
#include "task/executor.h"

namespace leptir {

Outcome runTask(const TaskRegistry& tasks, std::string_view name, const Json& parameters, const RunOptions& options) {
  const Logger silent;
  const auto& logger = options.logger != nullptr ? *options.logger : silent;
  return task::Executor(tasks, logger, *options.clock)
      .run({.id = options.id,
            .name = std::string(name),
            .attempt = options.attempt,
            .fence = options.fence,
            .timeLimit = options.timeLimit,
            .stopToken = options.stopToken,
            .onProgress = options.onProgress},
           writeJson(parameters));
}

}  // namespace leptir
