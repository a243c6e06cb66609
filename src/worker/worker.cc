#include "worker/worker.h"

#include <unistd.h>

#include <exception>
#include <string>
#include <utility>

#include "base/failpoint.h"
#include "base/fork_detector.h"
#include "task/envelope.h"
#include "task/outcome_codec.h"
#include "task/times_of_task.h"
#include "worker/descendants.h"
#include "worker/descriptor_checks.h"
#include "worker/outcome_sender.h"
#include "worker/process_restorer.h"
#include "worker/resource_limits.h"
#include "worker/task_receiver.h"
#include "worker/task_runner.h"
#include "worker/worker_lifetime.h"
#include "worker/worker_process.h"

namespace leptir::worker {
namespace {

// Exit statuses of a worker, which the master logs.
constexpr int kExitNotSetUp = 1, kExitStartHookFailed = 1, kExitDispatcherUnreachable = 70, kExitNoDescriptorsLeft = 71;
// Exit status of a worker that ends on purpose: the master starts the next one at once.
constexpr int kExitOnPurpose = 0;

// A task that runs shorter can hardly fork or use up the descriptors, and checking that takes some microseconds.
constexpr Duration kMinCheckedRunTime = std::chrono::microseconds(50);

// A task that has just run, or was refused.
struct FinishedTask {
  Outcome outcome{};
  BootTime ended{};
  bool tookAWhile = false;
};

class Worker {
 public:
  Worker(const WorkerOptions& options, link::Link& link, const Program& program, const Logger& logger,
         const Clock& clock);

  int run();

 private:
  // Runs a task and reports its outcome. nullopt: the worker goes on; otherwise it ends with this exit status.
  std::optional<int> process(const BegunCell& begun);
  FinishedTask execute(const BegunCell& begun);
  Outcome runOrRefuse(const BegunCell& begun);
  void exitInForkedCopy() const;
  void cleanUpAfter(const FinishedTask& task);
  std::optional<int> sendOutcome(const BegunCell& begun, const FinishedTask& task);
  std::optional<int> exitStatusAfter(const FinishedTask& task);

  // False: an earlier task has changed this process, and the task of this name must not find that.
  bool isFitFor(std::string_view name);
  // Puts this process under the resource limits of the task name, if it has any: the task is then the worker's last.
  Result<void> limitItself(std::string_view name);
  const TaskRules* rulesOf(std::string_view name) const;
  Outcome outcomeWithoutRun(Outcome outcome) const;
  void endDescendants();
  void keepDescendants();
  void warnOf(const std::string& change) const;
  void warn(std::string_view what) const;

  const WorkerOptions& options_;
  link::Slot& slot_;
  const Logger& logger_;
  const Logger silent_;  // for error reports: the dispatcher logs how they went
  const Clock& clock_;
  const base::ForkDetector forkDetector_;
  ProcessRestorer restorer_;
  Descendants descendants_;
  TaskRunner runner_;
  TaskReceiver receiver_;
  OutcomeSender sender_;
  WorkerLifetime lifetime_;
  std::string encodedOutcome_;
  bool isLimited_ = false;
  std::string id_, name_;  // of the last task
  int attempt_ = 0;
};

Worker::Worker(const WorkerOptions& options, link::Link& link, const Program& program, const Logger& logger,
               const Clock& clock)
    : options_(options),
      slot_(link.slot(options.slot)),
      logger_(logger),
      clock_(clock),
      descendants_(slot_),
      runner_(slot_, link.stopBell(options.slot), options.runsReports() ? nullptr : link.ownRunLog(), program.tasks,
              options.runsReports() ? silent_ : logger, clock, options.traceSettings),
      receiver_(options, link, clock),
      sender_(options, link, clock),
      lifetime_(options) {}

int Worker::run() {
  slot_.workerReady() = 1;
  while (const auto begun = receiver_.next()) {
    if (const auto status = process(*begun)) return *status;
    if (takeReopenRequest() && options_.reopenLogs) options_.reopenLogs();
  }
  return receiver_.exitStatus();
}

std::optional<int> Worker::process(const BegunCell& begun) {
  LEPTIR_FAILPOINT("worker.after_begin");
  const auto task = execute(begun);
  LEPTIR_FAILPOINT("worker.after_execute");
  exitInForkedCopy();
  cleanUpAfter(task);
  if (const auto status = sendOutcome(begun, task)) return status;
  LEPTIR_FAILPOINT("worker.after_done");
  return exitStatusAfter(task);
}

FinishedTask Worker::execute(const BegunCell& begun) {
  FinishedTask task{.outcome = runOrRefuse(begun)};
  task.ended = slot_.outcomes().startedBoot(begun.cell) + task.outcome.executionTime;
  task.tookAWhile = task.outcome.executionTime >= kMinCheckedRunTime;
  return task;
}

Outcome Worker::runOrRefuse(const BegunCell& begun) {
  const auto assignment = slot_.assignments().read(begun.cell);
  auto call = task::decodeTaskCall(assignment.envelope, runner_.pushTimeReading());
  // Not expected, because the dispatcher decodes each envelope before it assigns the task.
  if (!call) return outcomeWithoutRun({.cause = Cause::Malformed, .response = call.error().message()});
  // It waited in this cell, behind other tasks or for its lease to be renewed.
  if (const auto now = clock_.now(); call->expires && *call->expires <= now)
    return outcomeWithoutRun({.cause = Cause::Expired, .response = task::expiryResponse(*call->expires)});
  if (options_.runsReports() && !runner_.knows(call->name))
    return outcomeWithoutRun({.status = ExitStatus::Error,
                              .cause = Cause::UnknownName,
                              .response = "it was removed from the configuration before this report began"});
  // Another worker runs the task, and this does not count as an attempt.
  if (!isFitFor(call->name)) return outcomeWithoutRun({.status = ExitStatus::Error, .cause = Cause::GaveBack});
  id_ = call->id;
  name_ = call->name;
  attempt_ = assignment.counters.nextAttempt();
  if (const auto limited = limitItself(name_); !limited)
    return outcomeWithoutRun({.status = ExitStatus::Error,
                              .cause = Cause::Threw,
                              .response = "It was not run: " + limited.error().message()});
  return runner_.run(begun, assignment, std::move(*call));
}

// A task that forked returns in both processes. The child reports no outcome and must not touch the worker's state.
void Worker::exitInForkedCopy() const {
  if (!forkDetector_.isSameProcess()) ::_exit(0);
}

// Restores first, since lowered limits would hinder the rest.
void Worker::cleanUpAfter(const FinishedTask& task) {
  if (!options_.runsReports()) restorer_.restoreAfter(name_, task.tookAWhile, task.ended);
  if (task.tookAWhile) endDescendants();
}

std::optional<int> Worker::sendOutcome(const BegunCell& begun, const FinishedTask& task) {
  encodedOutcome_.clear();
  task::encodeOutcome(task.outcome, encodedOutcome_);
  switch (sender_.send(begun, encodedOutcome_, receiver_)) {
    case OutcomeSender::SendResult::Sent:
      return std::nullopt;
    case OutcomeSender::SendResult::Stopped:
      ::_exit(0);  // at once: kill_grace is running, and exit handlers of user code may take longer than that
    case OutcomeSender::SendResult::MustEnd:
      break;
  }
  return kExitDispatcherUnreachable;
}

std::optional<int> Worker::exitStatusAfter(const FinishedTask& task) {
  if (isLimited_ || restorer_.isChangedForGood()) return kExitOnPurpose;
  if (lifetime_.isOverAfter(task.outcome.executionTime, clock_)) return kExitOnPurpose;
  if (const auto change = restorer_.lastingChange(name_, task.ended)) {
    warnOf(*change);
    return kExitOnPurpose;
  }
  return task.tookAWhile && !hasDescriptorsLeft() ? std::optional(kExitNoDescriptorsLeft) : std::nullopt;
}

bool Worker::isFitFor(std::string_view name) {
  if (options_.runsReports()) return true;
  const auto change = restorer_.lastingChangeBefore(name, name_, clock_);
  if (change) warnOf(*change);
  return !change;
}

Result<void> Worker::limitItself(std::string_view name) {
  const auto* rules = rulesOf(name);
  if (rules == nullptr || !rules->limits.any()) return {};
  isLimited_ = true;
  return limitThisProcess(rules->limits);
}

const TaskRules* Worker::rulesOf(std::string_view name) const {
  if (options_.rules == nullptr) return nullptr;
  const auto found = options_.rules->find(name);
  return found == options_.rules->end() ? nullptr : &found->second;
}

// The outcome of a task that did not run.
Outcome Worker::outcomeWithoutRun(Outcome outcome) const {
  outcome.started = clock_.now();
  return outcome;
}

void Worker::endDescendants() {
  if (rulesOf(name_) != nullptr && rulesOf(name_)->keepDescendants) return keepDescendants();
  const auto ended = descendants_.end();
  if (ended.empty()) return;
  std::string names;
  for (const auto& name : ended) names.append(names.empty() ? "" : ", ").append(name);
  if (options_.runsReports()) return warn("Killed what this error reporter left running: " + names + ".");
  warn("Killed what this task left running: " + names + ". Set 'keep_descendants: true' for its name to keep it.");
}

void Worker::keepDescendants() {
  if (const auto unlisted = descendants_.keepAndCountUnlisted(); unlisted > 0)
    warn("This task left more processes running than a worker can keep (" +
         std::to_string(link::Slot::kMaxKeptDescendants) + "): " + std::to_string(unlisted) +
         " of them are killed when this worker ends.");
}

void Worker::warnOf(const std::string& change) const {
  warn("This task " + change + ": the next task runs in a fresh worker.");
}

void Worker::warn(std::string_view what) const {
  logger_.log(LogLevel::Warning, what, {.id = id_, .name = name_, .attempt = attempt_});
}

// Any exception of a start hook ends this worker; the master starts the next one after a pause.
bool callStartHooks(const Program& program, const Logger& logger) {
  try {
    for (const auto& hook : program.workerStartHooks) hook();
    return true;
  } catch (const std::exception& error) {
    logger.error(std::string("A worker cannot start, its start hook threw: ") + error.what());
  } catch (...) {
    logger.error("A worker cannot start, its start hook threw something that is no std::exception");
  }
  return false;
}

}  // namespace

int runWorker(const WorkerOptions& options, link::Link& link, const Program& program, const Logger& logger,
              const Clock& clock) {
  if (const auto set = becomeWorker(options, link); !set) {
    logger.error(set.error().message());
    return kExitNotSetUp;
  }
  if (!callStartHooks(program, logger)) return kExitStartHookFailed;
  return Worker(options, link, program, logger, clock).run();
}

}  // namespace leptir::worker
