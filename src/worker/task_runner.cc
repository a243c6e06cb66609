#include "worker/task_runner.h"

#include <unistd.h>

#include <memory>
#include <utility>

#include "task/log_text.h"
#include "task/outcome_codec.h"
#include "worker/crash_report_writer.h"

namespace leptir::worker {
namespace {

// The stop token of one run. A thread that the task left running may still hold it after the run; it then never fires.
class SlotStopState final : public StopState {
 public:
  SlotStopState(const link::Slot& slot, const BegunCell& begun, const Wake& bell)
      : slot_(slot), begun_(begun), bell_(bell) {}

  bool stopRequested() const override {
    const auto word = slot_.word(begun_.cell);
    return word.state == link::CellState::Stopping && word.generation == begun_.executing.generation;
  }
  int descriptor() const override { return bell_.descriptor(); }

 private:
  const link::Slot& slot_;
  const BegunCell begun_;
  const Wake& bell_;
};

}  // namespace

TaskRunner::TaskRunner(link::Slot& slot, const Wake& stopBell, char* runLog, const TaskRegistry& tasks,
                       const Logger& logger, const Clock& clock, const task::TraceSettings& traceSettings)
    : slot_(slot),
      stopBell_(stopBell),
      tasks_(tasks),
      logger_(logger),
      clock_(clock),
      traceSettings_(traceSettings),
      executor_(tasks, logger, clock),
      log_(runLog, slot),
      pid_(::getpid()) {}

Outcome TaskRunner::run(const BegunCell& begun, const link::Assignment& assignment, task::TaskCall call) {
  slot_.outcomes().noteCpuTimeBefore(begun.cell, executor_.cpuTimeBefore(slot_.outcomes().startedBoot(begun.cell)));
  setStackOfStops(StackOfStops::Report);
  if (std::exchange(wroteProgress_, false)) slot_.writeProgress(0, {});
  log_.beginRun({.cell = static_cast<std::uint32_t>(begun.cell),
                 .generation = begun.executing.generation,
                 .attempt = static_cast<std::uint32_t>(assignment.counters.nextAttempt()),
                 .pid = pid_,
                 .id = call.id});
  auto outcome = executor_.run(environmentOf(begun, assignment, call), call.parameters);
  if (log_.hasLines()) addLogTo(outcome);
  return outcome;
}

task::TaskEnvironment TaskRunner::environmentOf(const BegunCell& begun, const link::Assignment& assignment,
                                                task::TaskCall& call) {
  auto traceparent = traceparentOf(assignment, call);
  return {
      .id = std::move(call.id),
      .name = std::move(call.name),
      .attempt = assignment.counters.nextAttempt(),
      .fence = assignment.lease.number,
      .timeLimit = assignment.timeLimit,
      .traceparent = std::move(traceparent),
      .stopToken = StopToken(std::make_shared<SlotStopState>(slot_, begun, stopBell_)),
      .logger = &logger_,
      .clock = &clock_,
      .onProgress =
          [this](double fraction, std::string_view text) {
            wroteProgress_ = true;
            slot_.writeProgress(fraction, text);
          },
      .onProvisionalOutcome = [this, &begun](const Outcome& unfinished) { return saveProvisional(begun, unfinished); },
      .onLoggedLine = [this](LogLevel level, std::string_view message) { addToTaskLog(level, message); },
      .onProgramStart = [] { setStackOfStops(StackOfStops::LeaveOut); }};
}

// Tasks may log for debugging as much as they like, as long as no logger wants to have it.
void TaskRunner::addToTaskLog(LogLevel level, std::string_view message) {
  if (level == LogLevel::Debug && !logger_.enabled(level)) return;
  task::forEachLogLine(clock_.now(), level, message, [this](std::string_view line) { log_.add(line); });
}

void TaskRunner::addLogTo(Outcome& outcome) const {
  const auto log = log_.read();
  outcome.log = task::joinLogText(log.first, log.leftOutLines, log.leftOutBytes, log.last);
}

// The span of this run, if the dispatcher will send one; otherwise what was given at the push.
std::string TaskRunner::traceparentOf(const link::Assignment& assignment, const task::TaskCall& call) const {
  const auto trace = task::runTraceOf(traceSettings_, call.trace, call.id, call.pushedAt, assignment.lease.number);
  if (trace) return trace->run.text();
  return call.trace ? call.trace->text() : std::string();
}

// Stores the provisional outcome in the place of the final one. The master's verdict does not overwrite that place.
bool TaskRunner::saveProvisional(const BegunCell& begun, const Outcome& unfinished) {
  encodedUnfinished_.clear();
  task::encodeOutcome(unfinished, encodedUnfinished_);
  return slot_.outcomes().write(begun.cell, encodedUnfinished_);
}

}  // namespace leptir::worker
