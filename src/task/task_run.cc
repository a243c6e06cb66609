#include "task/task_run.h"

#include <memory>
#include <utility>

namespace leptir::task {

TaskRun::TaskRun(TaskEnvironment given) : environment(std::move(given)), started(environment.clock->bootTime()) {}

TaskContext TaskRun::begin(TaskEnvironment environment) {
  return TaskContext(std::make_unique<TaskRun>(std::move(environment)));
}

void TaskRun::log(LogLevel level, std::string_view message) const {
  if (environment.logger == nullptr) return;
  environment.logger->log(level, message,
                          {.id = environment.id, .name = environment.name, .attempt = environment.attempt});
}

void TaskRun::logFromTask(LogLevel level, std::string_view message) const {
  addToTaskLog(level, message);
  log(level, message);
}

void TaskRun::addToTaskLog(LogLevel level, std::string_view message) const {
  if (environment.onLoggedLine) environment.onLoggedLine(level, message);
}

bool TaskRun::saveProvisionalOutcome(const Outcome& unfinished) const {
  return environment.onProvisionalOutcome && environment.onProvisionalOutcome(unfinished);
}

void TaskRun::notifyProgramStart() const {
  if (environment.onProgramStart) environment.onProgramStart();
}

}  // namespace leptir::task
