#include "task/executor.h"

#include "base/escape.h"
#include "task/input_errors.h"
#include "task/program_crashed.h"
#include "task/type_name.h"

#include <cxxabi.h>

#include <cmath>
#include <exception>
#include <utility>

namespace leptir::task {
namespace {

// Turns a number that is no ExitStatus into Unknown, as PHP leptir does.
ExitStatus statusOrUnknown(ExitStatus status) {
  const int number = static_cast<int>(status);
  return number >= 1 && number <= 5 ? status : ExitStatus::Unknown;
}

std::string join(const std::vector<std::string>& lines) {
  std::string joined;
  for (const auto& line : lines) {
    if (&line != &lines.front()) joined += ' ';
    joined.append(line);
  }
  return joined;
}

bool hasSucceeded(const Outcome& outcome) {
  return outcome.cause == Cause::Finished &&
         (outcome.status == ExitStatus::Success || outcome.status == ExitStatus::Warning);
}

// Seconds with at most four decimals, as PHP's round prints them: "0.0005", "1.2", "3".
std::string secondsText(Duration duration) {
  const auto units = std::llround(std::chrono::duration<double>(duration).count() * 10'000);
  std::string text = std::to_string(units / 10'000);
  std::string decimals = std::to_string(10'000 + units % 10'000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? text : text.append(1, '.').append(decimals);
}

}  // namespace

// The state of one run.
struct Executor::Execution {
  TaskContext context;  // moved into the task once that is made
  TaskRun& run;
  std::unique_ptr<BaseTask> task;
  Outcome outcome;
  bool failed = false;

  explicit Execution(TaskEnvironment environment)
      : context(TaskRun::begin(std::move(environment))), run(TaskRun::of(context)) {}

  // Records a failure. The first one sets the cause; later ones only add their lines.
  void recordFailure(std::string line, Cause cause, int signal = 0) {
    run.log(LogLevel::Error, line);
    run.responseLines.push_back(std::move(line));
    if (std::exchange(failed, true)) return;
    outcome.cause = cause;
    outcome.signal = signal;
  }
  void recordException(const std::string& preface, std::string type, std::string message) {
    recordFailure(preface + message, Cause::Threw);
    if (!outcome.thrown && outcome.cause == Cause::Threw) outcome.thrown = {std::move(type), std::move(message)};
  }
};

Executor::Executor(const TaskRegistry& registry, const Logger& logger, const Clock& clock)
    : registry_(registry), logger_(logger), clock_(clock), cpuMeter_(clock.bootTime()) {}

Outcome Executor::run(TaskEnvironment environment, std::string_view parameters) {
  environment.clock = &clock_;
  environment.logger = &logger_;
  cpuMeter_.begin(clock_.bootTime());
  Execution execution(std::move(environment));
  execution.outcome.started = clock_.now();
  execution.run.log(LogLevel::Info, "Task started.");

  makeTask(execution, parameters);
  callBeforeStart(execution);
  callDoJob(execution);
  callAfterFinish(execution);
  measure(execution);
  callAdditionalMetaInfo(execution);
  return finish(execution);
}

void Executor::makeTask(Execution& execution, std::string_view parameters) {
  callUserCode(execution, [&] {
    const auto& name = execution.run.environment.name;
    const auto* factory = registry_.find(name);
    if (factory == nullptr) throw TaskError("This program has no task named " + base::inQuotes(name) + ".");
    auto task = (*factory)();
    if (!task) throw TaskError("The factory of task " + base::inQuotes(name) + " returned a null pointer.");
    task->setName(name);
    task->attach(std::move(execution.context));
    execution.task = std::move(task);

    if (parameters.starts_with('{')) return execution.task->setDataText(parameters);
    auto data = parseJson(parameters);
    if (!data) throwUnreadableParameters(data.error());
    execution.task->setData(std::move(*data));
  });
}

void Executor::callBeforeStart(Execution& execution) {
  if (execution.failed) return;
  callUserCode(execution, [&] { execution.task->beforeStart(); });
}

void Executor::callDoJob(Execution& execution) {
  if (execution.failed) return;
  callUserCode(execution, [&] { execution.outcome.status = statusOrUnknown(execution.task->doJob()); });
}

void Executor::callAfterFinish(Execution& execution) {
  if (!execution.task) return;
  callUserCode(execution, [&] { execution.task->afterFinish(); });
}

void Executor::callAdditionalMetaInfo(Execution& execution) {
  if (!execution.task) return;
  callUserCode(execution, [&] {
    const Json info = execution.task->getAdditionalMetaInfo();
    if (info.empty()) return;
    if (!info.is_object()) throw TaskError("getAdditionalMetaInfo must give an object.");
    if (nestsDeeperThan(info, kMaxJsonDepth)) {
      throw TaskError("getAdditionalMetaInfo nests deeper than " + std::to_string(kMaxJsonDepth) + " levels.");
    }
    execution.outcome.additional = writeJson(info);
  });
}

// Calls user code, and records what it throws. This is the only place where leptir catches exceptions of a task.
template <class UserCode>
void Executor::callUserCode(Execution& execution, UserCode userCode) {
  static constexpr const char* kExceptionPreface = "Task exited with exception: ";
  try {
    userCode();
  } catch (const ProgramCrashed& crash) {
    execution.recordFailure(crash.what(), Cause::Crashed, crash.signal());
  } catch (const TaskError& error) {
    execution.recordException("LeptirTaskException occurred. ", typeName(typeid(error)), error.what());
  } catch (const std::exception& error) {
    const char* what = error.what();
    execution.recordException(kExceptionPreface, typeName(typeid(error)), what == nullptr ? "" : what);
  } catch (const abi::__forced_unwind&) {
    throw;  // pthread_exit or a cancelled thread: catching this exception for good would abort the process
  } catch (...) {
    const auto* type = abi::__cxa_current_exception_type();
    auto name = type == nullptr ? std::string("an unknown type") : typeName(*type);
    execution.recordException(kExceptionPreface, name, "something of type " + name);
  }
}

// Takes the times before getAdditionalMetaInfo is called, which is not part of the run.
void Executor::measure(Execution& execution) {
  auto& outcome = execution.outcome;
  outcome.executionTime = execution.run.executionTime();
  outcome.cpuTime = cpuMeter_.end(clock_.bootTime());
}

Outcome Executor::finish(Execution& execution) {
  auto& outcome = execution.outcome;
  auto& run = execution.run;
  if (execution.failed) {
    outcome.status = ExitStatus::Error;
  } else if (run.isDiscarded) {
    outcome.cause = Cause::Discarded;
    outcome.status = ExitStatus::Unknown;
  } else if (run.retryAfter) {
    outcome.cause = Cause::RetryLater;
    outcome.status = ExitStatus::Unknown;
    outcome.retryAfter = run.retryAfter;
  }
  if (run.environment.onEnd) run.environment.onEnd(run);
  outcome.response = join(run.responseLines);
  outcome.flow = std::move(run.flow);
  outcome.result = std::move(run.result);
  outcome.stderrTail = std::move(run.stderrTail);
  if (logger_.enabled(LogLevel::Info)) {
    // A run that was told to stop may be cancelled, or its lease lost: the dispatcher logs how such a run ended.
    const bool isDone = hasSucceeded(outcome) && !run.environment.stopToken.stopRequested();
    run.log(LogLevel::Info, std::string(isDone ? "Task is done." : "Run ended.") +
                                " Execution time: " + secondsText(outcome.executionTime) + " seconds.");
  }
  return std::move(outcome);
}

}  // namespace leptir::task
