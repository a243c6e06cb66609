#include "leptir/testing/run_task.h"

#include "task/run_environment.h"
#include "testing/run_observer.h"

namespace leptir::testing {

ObservedRun TaskRunner::operator()(const TaskRegistry& tasks, std::string_view name, const Json& parameters,
                                   const RunOptions& options) const {
  const Logger silent;
  task::Executor executor(tasks, options.logger != nullptr ? *options.logger : silent, *options.clock);
  return RunObserver().run(executor, task::environmentOf(name, options), writeJson(parameters));
}

}  // namespace leptir::testing
