#include "worker/worker.h"

#include <unistd.h>

#include <exception>
#include <memory>
#include <string>

#include "base/failpoint.h"
#include "base/fork_witness.h"
#include "task/envelope.h"
#include "task/executor.h"
#include "task/outcome_codec.h"
#include "worker/descendants.h"
#include "worker/inspection_schedule.h"
#include "worker/outcome_sender.h"
#include "worker/process_traits.h"
#include "worker/resource_limits.h"
#include "worker/surroundings.h"
#include "worker/task_receiver.h"
#include "worker/worker_process.h"

namespace leptir {
namespace {

// Exit statuses that the master logs.
constexpr int kNotSetUp = 1, kStartHookFailed = 1, kNobodyHearsUs = 70, kWornOut = 71;
// The master takes it for a good end, and starts the next worker at once.
constexpr int kFresh = 0;
// To look at the memory costs some microseconds: not after every short task.
constexpr Duration kLookAtMemory = std::chrono::milliseconds(100);

// Nobody uses up a thousand descriptors or forks in less, and to look costs some microseconds.
constexpr Duration kLongEnoughToWearOut = std::chrono::microseconds(50);

// The stop token of one run. May outlive it in a thread that the task left behind; then it never fires any more.
class SlotStopState final : public StopState {
 public:
  SlotStopState(const Slot& slot, const BegunCell& begun, const Wake& bell) : slot_(slot), begun_(begun), bell_(bell) {}

  bool stopRequested() const override {
    const auto word = slot_.word(begun_.cell);
    return word.state == CellState::Stopping && word.generation == begun_.executing.generation;
  }
  int descriptor() const override { return bell_.descriptor(); }

 private:
  const Slot& slot_;
  const BegunCell begun_;
  const Wake& bell_;
};

class Worker {
 public:
  Worker(const WorkerOptions& options, Link& link, const Program& program, const Logger& logger, const Clock& clock);

  int run();

 private:
  // Puts this process under the limits of the task's name, if it has any: then it is its last task.
  Result<void> limitItself(std::string_view name);
  const TaskRules* rulesOf(std::string_view name) const;
  bool isOld(const Outcome& outcome);
  // After a task: whether the next one must have another process. `changed`: what the task changed for good.
  bool mustBeReplaced(std::optional<std::string> changed, BootTime now);
  // Before a task of another name: false when the tasks before it changed for good what it must not find so.
  bool isFitFor(std::string_view name);
  void endDescendants();
  void keepDescendants();
  void warn(std::string_view what) const;
  // None: go on. Otherwise the worker ends with this status.
  std::optional<int> process(const BegunCell& begun);
  Outcome execute(const BegunCell& begun);
  TaskEnvironment environmentOf(const BegunCell& begun, const Assignment& assignment, std::string id, std::string name);
  bool keepUnfinished(const BegunCell& begun, const Outcome& unfinished);
  Outcome malformed(const Error& error) const;
  Outcome notRun(const Error& error) const;
  Outcome givenBack() const;

  const WorkerOptions& options_;
  Slot& slot_;
  const Wake& stopBell_;
  const Logger& logger_;
  const Clock& clock_;
  const ForkWitness witness_;
  const Surroundings surroundings_;
  const ProcessTraits traits_;
  InspectionSchedule schedule_;
  Descendants descendants_;
  Executor executor_;
  TaskReceiver receiver_;
  OutcomeSender sender_;
  std::string answer_;
  bool showsProgress_ = false;
  bool limited_ = false;
  bool isSpoilt_ = false;  // what an earlier task changed cannot be put back
  std::string id_, name_;  // of the last task
  std::uint64_t tasksRun_ = 0;
  BootTime memoryLookedAt_{};
};

Worker::Worker(const WorkerOptions& options, Link& link, const Program& program, const Logger& logger,
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
  // A task that forked returns twice. The child has nothing to say here, and must touch nothing of ours.
  if (!witness_.isStillTheSameProcess()) ::_exit(0);
  const bool tookAWhile = outcome.executionTime >= kLongEnoughToWearOut;
  const auto ended = slot_.startedBoot(begun.cell) + outcome.executionTime;
  const bool mustInspect = !isSpoilt_ && schedule_.isDue(name_, ended);
  mustInspect || tookAWhile ? surroundings_.restoreAll() : surroundings_.restore();
  auto changed = mustInspect ? traits_.restore() : std::nullopt;  // before anything that limits would hinder
  if (tookAWhile) endDescendants();
  answer_.clear();
  encodeOutcome(outcome, answer_);
  switch (sender_.send(begun, answer_, receiver_)) {
    case OutcomeSender::Sent::Yes:
      break;
    case OutcomeSender::Sent::Stopped:
      ::_exit(0);  // at once: the grace runs, and exit handlers of user code may take as long as they like
    case OutcomeSender::Sent::MustEnd:
      return kNobodyHearsUs;
  }
  LEPTIR_FAILPOINT("worker.after_done");
  if (limited_ || isSpoilt_ || isOld(outcome)) return kFresh;
  if (mustInspect && mustBeReplaced(std::move(changed), ended)) return kFresh;
  return tookAWhile && !hasDescriptorsLeft() ? std::optional(kWornOut) : std::nullopt;
}

bool Worker::mustBeReplaced(std::optional<std::string> changed, BootTime now) {
  const auto threads = traits_.leftThreads();
  if (!changed && threads > 0)
    changed = "left " + std::to_string(threads) + " thread(s) running (start those that are to stay in onWorkerStart)";
  schedule_.inspected(name_, !changed, now);
  if (changed) warn("The next task gets a fresh worker, since this one " + *changed + ".");
  return changed.has_value();
}

bool Worker::isFitFor(std::string_view name) {
  if (!schedule_.isDueBefore(name)) return true;
  surroundings_.restoreAll();
  isSpoilt_ = mustBeReplaced(traits_.restore(), clock_.bootTime());
  return !isSpoilt_;
}

void Worker::endDescendants() {
  if (rulesOf(name_) != nullptr && rulesOf(name_)->keepDescendants) return keepDescendants();
  const auto ended = descendants_.end();
  if (ended.empty()) return;
  std::string names;
  for (const auto& name : ended) names.append(names.empty() ? "" : ", ").append(name);
  warn("Ended what this task left running: " + names + ". With 'keep_descendants: true' for its name it would go on.");
}

void Worker::keepDescendants() {
  if (const auto unlisted = descendants_.keep(); unlisted > 0)
    warn("Left more processes running than one worker can keep (" + std::to_string(Slot::kMostKept) +
         "): " + std::to_string(unlisted) + " of them end with this worker.");
}

void Worker::warn(std::string_view what) const {
  logger_.warning("[" + id_ + "](" + name_ + ") " + std::string(what));
}

bool Worker::isOld(const Outcome& outcome) {
  if (options_.maxTasks && ++tasksRun_ >= *options_.maxTasks) return true;
  if (!options_.maxMemory) return false;
  const auto now = clock_.bootTime();
  if (outcome.executionTime < kLookAtMemory && now - memoryLookedAt_ < kLookAtMemory) return false;
  memoryLookedAt_ = now;
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
  const auto assignment = slot_.readAssignment(begun.cell);
  auto call = callIn(assignment.envelope);
  if (!call) return malformed(call.error());
  if (!isFitFor(call->name)) return givenBack();
  id_ = call->id;
  name_ = call->name;
  if (const auto limited = limitItself(call->name); !limited) return notRun(limited.error());
  slot_.noteCpuTimeBefore(begun.cell, executor_.cpuTimeBefore(slot_.startedBoot(begun.cell)));
  if (std::exchange(showsProgress_, false)) slot_.writeProgress(0, {});
  return executor_.run(environmentOf(begun, assignment, std::move(call->id), std::move(call->name)), call->parameters);
}

TaskEnvironment Worker::environmentOf(const BegunCell& begun, const Assignment& assignment, std::string id,
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

// Where the outcome would stand: the master's verdict does not touch it.
bool Worker::keepUnfinished(const BegunCell& begun, const Outcome& unfinished) {
  answer_.clear();
  encodeOutcome(unfinished, answer_);
  return slot_.writeOutcome(begun.cell, answer_);
}

// The dispatcher looked at it before it assigned it, so this is not expected.
Outcome Worker::malformed(const Error& error) const {
  Outcome outcome;
  outcome.cause = Cause::Malformed;
  outcome.response = error.message();
  outcome.started = clock_.now();
  return outcome;
}

// A task that may not run without its limits.
Outcome Worker::notRun(const Error& error) const {
  Outcome outcome;
  outcome.status = ExitStatus::Error;
  outcome.cause = Cause::Threw;
  outcome.response = "It was not run: " + error.message();
  outcome.started = clock_.now();
  return outcome;
}

// A task that has not begun: another worker runs it, and no attempt counts.
Outcome Worker::givenBack() const {
  Outcome outcome;
  outcome.status = ExitStatus::Error;
  outcome.cause = Cause::GaveBack;
  outcome.started = clock_.now();
  return outcome;
}

// Everything that user code can throw ends this worker; the master starts the next one after a pause.
bool callStartHooks(const Program& program, const Logger& logger) {
  try {
    for (const auto& hook : program.workerStartHooks) hook();
    return true;
  } catch (const std::exception& error) {
    logger.error(std::string("A worker can't be started: ") + error.what());
  } catch (...) {
    logger.error("A worker can't be started: its start hook threw something that is no std::exception");
  }
  return false;
}

}  // namespace

int runWorker(const WorkerOptions& options, Link& link, const Program& program, const Logger& logger,
              const Clock& clock) {
  if (const auto set = becomeWorker(options, link); !set) {
    logger.error(set.error().message());
    return kNotSetUp;
  }
  if (!callStartHooks(program, logger)) return kStartHookFailed;
  return Worker(options, link, program, logger, clock).run();
}

}  // namespace leptir
