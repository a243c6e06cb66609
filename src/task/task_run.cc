#include "task/task_run.h"

#include <memory>
#include <utility>

namespace leptir::task {

TaskRun::TaskRun(TaskEnvironment given) : environment(std::move(given)), started(environment.clock->bootTime()) {}

TaskContext TaskRun::begin(TaskEnvironment environment) {
  return TaskContext(std::make_unique<TaskRun>(std::move(environment)));
}

void TaskRun::log(LogLevel level, std::string_view message) const {
  const auto* logger = environment.logger;
  if (logger == nullptr || !logger->enabled(level)) return;
  std::string line;
  line.reserve(environment.id.size() + environment.name.size() + message.size() + 5);
  line.append("[").append(environment.id).append("](").append(environment.name).append(") ").append(message);
  logger->log(level, line);
}

void TaskRun::logOfTask(LogLevel level, std::string_view message) const {
  keepInLog(level, message);
  log(level, message);
}

void TaskRun::keepInLog(LogLevel level, std::string_view message) const {
  if (environment.onLoggedLine) environment.onLoggedLine(level, message);
}

bool TaskRun::saveProvisionalOutcome(const Outcome& unfinished) const {
  return environment.onProvisionalOutcome && environment.onProvisionalOutcome(unfinished);
}

void TaskRun::runsProgram() const {
  if (environment.onProgram) environment.onProgram();
}

}  // namespace leptir::task
