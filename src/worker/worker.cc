#include "worker/worker.h"

#include <unistd.h>

#include <exception>
#include <memory>
#include <string>

#include "base/failpoint.h"
#include "base/fork_detector.h"
#include "task/envelope.h"
#include "task/executor.h"
#include "task/outcome_codec.h"
#include "worker/descendants.h"
#include "worker/inspection_schedule.h"
#include "worker/outcome_sender.h"
#include "worker/process_snapshot.h"
#include "worker/process_traits.h"
#include "worker/resource_limits.h"
#include "worker/task_receiver.h"
#include "worker/worker_process.h"

namespace leptir::worker {
namespace {

// Exit statuses of a worker, which the master logs.
constexpr int kNotSetUp = 1, kStartHookFailed = 1, kDispatcherUnreachable = 70, kNoDescriptorsLeft = 71;
// Exit status of a worker that ends on purpose: the master starts the next one at once.
constexpr int kEndedOnPurpose = 0;
// Reading the resident memory takes some microseconds, too long for after every short task.
constexpr Duration kMemoryCheckInterval = std::chrono::milliseconds(100);

// A task that runs shorter can hardly fork or use up the descriptors, and checking that takes some microseconds.
constexpr Duration kShortestCheckedRun = std::chrono::microseconds(50);

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

class Worker {
 public:
  Worker(const WorkerOptions& options, link::Link& link, const Program& program, const Logger& logger,
         const Clock& clock);

  int run();

 private:
  // Puts this process under the resource limits of the task name, if it has any: the task is then the worker's last.
  Result<void> limitItself(std::string_view name);
  const TaskRules* rulesOf(std::string_view name) const;
  bool isPastItsLimits(const Outcome& outcome);
  // After a task: whether the next one must run in another process. `changed`: what the task changed and cannot be
  // undone.
  bool mustBeReplaced(std::optional<std::string> changed, BootTime now);
  // Before a task of another name: false if earlier tasks have made a change that this task must not find and that
  // cannot be undone.
  bool isFitFor(std::string_view name);
  void endDescendants();
  void keepDescendants();
  void warn(std::string_view what) const;
  // Runs a task and reports its outcome. nullopt: the worker goes on; otherwise it ends with this exit status.
  std::optional<int> process(const BegunCell& begun);
  Outcome execute(const BegunCell& begun);
  TaskEnvironment environmentOf(const BegunCell& begun, const link::Assignment& assignment, std::string id,
                                std::string name);
  bool keepUnfinished(const BegunCell& begun, const Outcome& unfinished);
  Outcome outcomeMalformed(const Error& error) const;
  Outcome outcomeNotRun(const Error& error) const;
  Outcome outcomeGivenBack() const;

  const WorkerOptions& options_;
  link::Slot& slot_;
  const Wake& stopBell_;
  const Logger& logger_;
  const Clock& clock_;
  const base::ForkDetector witness_;
  const ProcessSnapshot snapshot_;
  const ProcessTraits traits_;
  InspectionSchedule schedule_;
  Descendants descendants_;
  task::Executor executor_;
  TaskReceiver receiver_;
  OutcomeSender sender_;
  std::string encodedOutcome_;
  bool showsProgress_ = false;
  bool limited_ = false;
  bool isChangedForGood_ = false;  // an earlier task made a change that cannot be undone
  std::string id_, name_;          // of the last task
  std::uint64_t tasksRun_ = 0;
  BootTime memoryCheckedAt_{};
};

Worker::Worker(const WorkerOptions& options, link::Link& link, const Program& program, const Logger& logger,
               const Clock& clock)
    : options_(options),
      slot_(link.slot(options.slot)),
      stopBell_(link.stopBell(options.slot)),
      logger_(logger),
      clock_(clock),
      descendants_(slot_),
      executor_(program.tasks, logger, clock),
      receiver_(options, link, clock),
      sender_(options, link, clock) {}

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
  const auto outcome = execute(begun);
  LEPTIR_FAILPOINT("worker.after_execute");
  // A task that forked returns in both processes. The child reports no outcome and must not touch the worker's state.
  if (!witness_.isSameProcess()) ::_exit(0);
  const bool tookAWhile = outcome.executionTime >= kShortestCheckedRun;
  const auto ended = slot_.outcomes().startedBoot(begun.cell) + outcome.executionTime;
  const bool mustInspect = !isChangedForGood_ && schedule_.isDue(name_, ended);
  mustInspect || tookAWhile ? snapshot_.restoreAll() : snapshot_.restore();
  auto changed = mustInspect ? traits_.restore() : std::nullopt;  // first, since lowered limits would hinder the rest
  if (tookAWhile) endDescendants();
  encodedOutcome_.clear();
  task::encodeOutcome(outcome, encodedOutcome_);
  switch (sender_.send(begun, encodedOutcome_, receiver_)) {
    case OutcomeSender::SendResult::Yes:
      break;
    case OutcomeSender::SendResult::Stopped:
      ::_exit(0);  // at once: kill_grace is running, and exit handlers of user code may take longer than that
    case OutcomeSender::SendResult::MustEnd:
      return kDispatcherUnreachable;
  }
  LEPTIR_FAILPOINT("worker.after_done");
  if (limited_ || isChangedForGood_ || isPastItsLimits(outcome)) return kEndedOnPurpose;
  if (mustInspect && mustBeReplaced(std::move(changed), ended)) return kEndedOnPurpose;
  return tookAWhile && !hasDescriptorsLeft() ? std::optional(kNoDescriptorsLeft) : std::nullopt;
}

bool Worker::mustBeReplaced(std::optional<std::string> changed, BootTime now) {
  const auto threads = traits_.countLeftoverThreads();
  if (!changed && threads > 0)
    changed = "left " + std::to_string(threads) + " thread(s) running (start permanent threads in onWorkerStart)";
  schedule_.inspected(name_, !changed, now);
  if (changed) warn("This task " + *changed + ": the next task runs in a fresh worker.");
  return changed.has_value();
}

bool Worker::isFitFor(std::string_view name) {
  if (!schedule_.isDueBefore(name)) return true;
  snapshot_.restoreAll();
  isChangedForGood_ = mustBeReplaced(traits_.restore(), clock_.bootTime());
  return !isChangedForGood_;
}

void Worker::endDescendants() {
  if (rulesOf(name_) != nullptr && rulesOf(name_)->keepDescendants) return keepDescendants();
  const auto ended = descendants_.end();
  if (ended.empty()) return;
  std::string names;
  for (const auto& name : ended) names.append(names.empty() ? "" : ", ").append(name);
  warn("Killed what this task left running: " + names + ". Set 'keep_descendants: true' for its name to keep it.");
}

void Worker::keepDescendants() {
  if (const auto unlisted = descendants_.keep(); unlisted > 0)
    warn("This task left more processes running than a worker can keep (" +
         std::to_string(link::Slot::kMaxKeptDescendants) + "): " + std::to_string(unlisted) +
         " of them are killed when this worker ends.");
}

void Worker::warn(std::string_view what) const {
  logger_.warning("[" + id_ + "](" + name_ + ") " + std::string(what));
}

bool Worker::isPastItsLimits(const Outcome& outcome) {
  if (options_.maxTasks && ++tasksRun_ >= *options_.maxTasks) return true;
  if (!options_.maxMemory) return false;
  const auto now = clock_.bootTime();
  if (outcome.executionTime < kMemoryCheckInterval && now - memoryCheckedAt_ < kMemoryCheckInterval) return false;
  memoryCheckedAt_ = now;
  return residentBytes() > *options_.maxMemory;
}

Result<void> Worker::limitItself(std::string_view name) {
  const auto* rules = rulesOf(name);
  if (rules == nullptr || !rules->limits.any()) return {};
  limited_ = true;
  return limitThisProcess(rules->limits);
}

const TaskRules* Worker::rulesOf(std::string_view name) const {
  if (options_.rules == nullptr) return nullptr;
  const auto found = options_.rules->find(name);
  return found == options_.rules->end() ? nullptr : &found->second;
}

Outcome Worker::execute(const BegunCell& begun) {
  const auto assignment = slot_.assignments().read(begun.cell);
  auto call = task::decodeTaskCall(assignment.envelope);
  if (!call) return outcomeMalformed(call.error());
  if (!isFitFor(call->name)) return outcomeGivenBack();
  id_ = call->id;
  name_ = call->name;
  if (const auto limited = limitItself(call->name); !limited) return outcomeNotRun(limited.error());
  slot_.outcomes().noteCpuTimeBefore(begun.cell, executor_.cpuTimeBefore(slot_.outcomes().startedBoot(begun.cell)));
  if (std::exchange(showsProgress_, false)) slot_.writeProgress(0, {});
  return executor_.run(environmentOf(begun, assignment, std::move(call->id), std::move(call->name)), call->parameters);
}

TaskEnvironment Worker::environmentOf(const BegunCell& begun, const link::Assignment& assignment, std::string id,
                                      std::string name) {
  TaskEnvironment environment;
  environment.id = std::move(id);
  environment.name = std::move(name);
  environment.attempt = assignment.counters.nextAttempt();
  environment.fence = assignment.lease.number;
  environment.timeLimit = assignment.timeLimit;
  environment.stopToken = StopToken(std::make_shared<SlotStopState>(slot_, begun, stopBell_));
  environment.logger = &logger_;
  environment.clock = &clock_;
  environment.onProgress = [this](double fraction, std::string_view text) {
    showsProgress_ = true;
    slot_.writeProgress(fraction, text);
  };
  environment.onUnfinished = [this, &begun](const Outcome& unfinished) { return keepUnfinished(begun, unfinished); };
  return environment;
}

// Stored where the outcome would stand, since the master's verdict does not overwrite it.
bool Worker::keepUnfinished(const BegunCell& begun, const Outcome& unfinished) {
  encodedOutcome_.clear();
  task::encodeOutcome(unfinished, encodedOutcome_);
  return slot_.outcomes().write(begun.cell, encodedOutcome_);
}

// Not expected, because the dispatcher decodes each envelope before it assigns the task.
Outcome Worker::outcomeMalformed(const Error& error) const {
  Outcome outcome;
  outcome.cause = Cause::Malformed;
  outcome.response = error.message();
  outcome.started = clock_.now();
  return outcome;
}

// The outcome of a task whose resource limits could not be set: it does not run without them.
Outcome Worker::outcomeNotRun(const Error& error) const {
  Outcome outcome;
  outcome.status = ExitStatus::Error;
  outcome.cause = Cause::Threw;
  outcome.response = "It was not run: " + error.message();
  outcome.started = clock_.now();
  return outcome;
}

// The outcome of a task that has not begun: another worker runs it, and this does not count as an attempt.
Outcome Worker::outcomeGivenBack() const {
  Outcome outcome;
  outcome.status = ExitStatus::Error;
  outcome.cause = Cause::GaveBack;
  outcome.started = clock_.now();
  return outcome;
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
    return kNotSetUp;
  }
  if (!callStartHooks(program, logger)) return kStartHookFailed;
  return Worker(options, link, program, logger, clock).run();
}

}  // namespace leptir::worker
