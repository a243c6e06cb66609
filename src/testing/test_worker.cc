#include "testing/test_worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "base/host_name.h"
#include "settlement/rules_of_task.h"
#include "task/envelope.h"
#include "task/log_text.h"
#include "testing/run_observer.h"
#include "testing/run_stop.h"

namespace leptir::testing {

using settlement::HeldTask;
using settlement::Settlement;

namespace {

// Retries wait for exactly as long as documented: tests are to give the same result each time.
constexpr double kNoJitter = 0;

}  // namespace

TestWorker::TestWorker(const TaskRegistry& tasks, const TestInstanceOptions& options, const ManualClock& clock,
                       std::vector<LoggedLine>& log)
    : tasks_(tasks),
      options_(options),
      clock_(clock),
      log_(log),
      author_{base::hostName(), ::getpid()},
      executor_(tasks, silent_, clock) {}

std::optional<ObservedRun> TestWorker::handle(LeasedTask leased, TestFeeder& feeder) {
  auto head = task::decodeEnvelope(leased.envelope);
  if (!head) {
    buryMalformed(std::move(leased), head.error().message(), feeder);
    return std::nullopt;
  }
  HeldTask task{.lease = leased.lease, .counters = leased.counters, .head = std::move(*head)};
  if (const auto* rules = rulesFor(task)) settlement::applyRules(*rules, task);
  if (auto settlement = settlementWithoutRun(task, leased, feeder)) {
    feeder.addSettlement(task, std::move(leased.envelope), std::move(*settlement), clock_.now());
    return std::nullopt;
  }
  return run(task, leased, feeder);
}

void TestWorker::buryMalformed(LeasedTask leased, const std::string& why, TestFeeder& feeder) {
  log(LogLevel::Error, "broker " + feeder.brokerName() + ": buried a malformed task: " + why);
  HeldTask task{.lease = leased.lease, .counters = leased.counters};
  task.head.id = task::idInMalformed(leased.envelope);
  auto settlement = settlement::settlementOfMalformed(task, leased.envelope, why, clock_.now(), author_);
  feeder.addSettlement(task, std::move(leased.envelope), std::move(settlement), clock_.now());
}

std::optional<Settlement> TestWorker::settlementWithoutRun(const HeldTask& task, const LeasedTask& leased,
                                                           TestFeeder& feeder) {
  const bool isKnown = tasks_.contains(task.head.name);
  if (isKnown) feeder.unknownNames().forget(task.head.id);
  if (!leased.cancelledBy.empty()) {
    return settlement::settlementOfCancelled(task, leased.envelope, leased.cancelledBy, clock_.now(), author_);
  }
  if (task.hasExpired(clock_.now())) {
    return settlement::settlementOfExpired(task, leased.envelope, clock_.now(), author_);
  }
  if (task.isGivenUp()) {
    return settlement::settlementOfSessionExpired(task, leased.envelope, clock_.now(), author_);
  }
  if (isKnown) return std::nullopt;
  log(LogLevel::Warning, "No task of this name is known here; it waits for a program that knows it.",
      settlement::logTaskOf(task));
  const auto delay = feeder.unknownNames().noteLease(task.head.id, task.head.name, clock_.bootTime());
  return settlement::settlementOfUnknownName(task, leased.envelope, delay, clock_.now(), author_);
}

// The log in the form that records have. The test does not know the times of the lines, so all have the present one.
std::string TestWorker::textOfLog(const ObservedRun& run) const {
  std::string text;
  for (const auto& line : run.log)
    task::forEachLogLine(clock_.now(), line.level, line.text, [&](std::string_view one) { text.append(one); });
  return task::newestLogLines(text, task::kMaxLogBytes);
}

ObservedRun TestWorker::run(const HeldTask& task, const LeasedTask& leased, TestFeeder& feeder) {
  const auto limit = settlement::timeLimitOf(task, rulesFor(task), options_.taskExecutionTime);
  const auto began = clock_.bootTime();
  const auto stop =
      std::make_shared<RunStop>(clock_, limit > Duration::zero() ? std::optional(began + limit) : std::nullopt,
                                [&] { return !feeder.cancelledBy(task.lease).empty(); });
  auto call = task::decodeTaskCall(leased.envelope).value();  // decodeEnvelope has checked it
  auto run = RunObserver().run(executor_,
                               {.id = task.head.id,
                                .name = task.head.name,
                                .attempt = task.counters.nextAttempt(),
                                .fence = task.lease.number,
                                .timeLimit = limit,
                                .traceparent = call.trace ? call.trace->text() : std::string(),
                                .stopToken = StopToken(stop)},
                               call.parameters);
  run.outcome.log = textOfLog(run);
  const auto reason = stop->end();
  auto settlement = reason == link::StopReason::None
                        ? settlement::settlementOfOutcome(task, leased.envelope, run.outcome, author_, kNoJitter)
                        : settlementOfStopped(task, leased,
                                              {.reason = reason,
                                               .started = began,
                                               .ended = clock_.bootTime(),
                                               .pid = author_.pid,
                                               .cancelledBy = feeder.cancelledBy(task.lease),
                                               .log = run.outcome.log},
                                              run);
  if (settlement.failed)
    log(settlement::levelOfFailure(settlement), settlement::describeFailure(settlement), settlement::logTaskOf(task));
  feeder.addSettlement(task, leased.envelope, std::move(settlement), clock_.now());
  return run;
}

void TestWorker::log(LogLevel level, const std::string& text, const LogTask& task) {
  log(level, fmt::format("[{}]({}) {}", task.id, task.name, text));
}

// The verdict counts, whatever the task returned: in a real instance the master ends it. The outcome of `run` says so.
Settlement TestWorker::settlementOfStopped(const HeldTask& task, const LeasedTask& leased, const link::Verdict& verdict,
                                           ObservedRun& run) {
  auto settlement = settlement::settlementOfVerdict(task, leased.envelope, verdict, run.outcome.started, clock_.now(),
                                                    author_, kNoJitter);
  const bool isTimeLimit = verdict.reason == link::StopReason::TimeLimit;
  settlement::addTaskOutput(run.outcome, *settlement.record);
  run.outcome.cause = isTimeLimit ? Cause::TimedOut : Cause::Cancelled;
  run.outcome.status = settlement.record->returnCode;
  run.outcome.response = settlement.record->response;
  run.outcome.retryAfter.reset();
  return settlement;
}

const TaskRules* TestWorker::rulesFor(const HeldTask& task) const {
  const auto found = options_.rules.find(task.head.name);
  return found == options_.rules.end() ? nullptr : &found->second;
}

}  // namespace leptir::testing
