#include "dispatcher/traced_run_of.h"

#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using settlement::HeldTask;
using settlement::RecordAuthor;
using settlement::Settlement;
using namespace std::chrono_literals;

constexpr task::TraceSettings kOn{.makesSpans = true};
constexpr Time kPushed{1700000000s};

HeldTask tracedTask() {
  HeldTask task;
  task.head.id = "id1";
  task.head.name = "noop";
  task.head.pushedAt = kPushed;
  task.head.trace = base::Traceparent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  task.lease.number = 7;
  return task;
}

Outcome outcomeWith(Cause cause, ExitStatus status = ExitStatus::Unknown) {
  Outcome outcome;
  outcome.cause = cause;
  outcome.status = status;
  outcome.response = std::string(2000, 'x');
  outcome.started = kPushed + 1s;
  outcome.executionTime = 250ms;
  return outcome;
}

std::optional<tracing::TracedRun> runOf(const HeldTask& task, const Outcome& outcome) {
  const auto settlement = settlement::settlementOfOutcome(task, "{}", outcome, {"host", 42}, 0);
  const auto spans = runSpansOf(kOn, task, settlement);
  return spans ? std::optional(tracedRunOf(*spans, task, settlement, "main")) : std::nullopt;
}

TEST(TracedRunOf, TellsWhenTheTaskWasDueBeganAndEnded) {
  const auto run = runOf(tracedTask(), outcomeWith(Cause::Finished, ExitStatus::Success));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->due, kPushed);
  EXPECT_EQ(run->started, kPushed + 1s);
  EXPECT_EQ(run->ended, kPushed + 1250ms);
  EXPECT_EQ(run->broker, "main");
  EXPECT_EQ(run->attempt, 1);
  EXPECT_EQ(run->pid, 42);
  EXPECT_EQ(run->cause, "finished");
  EXPECT_FALSE(run->failed);
  EXPECT_EQ(run->error, "");
}

TEST(TracedRunOf, WaitsFromTheTimeOfExecutionIfThatIsLaterThanThePush) {
  auto task = tracedTask();
  const auto outcome = outcomeWith(Cause::Finished, ExitStatus::Success);
  task.head.timeOfExecution = kPushed + 500ms;
  EXPECT_EQ(runOf(task, outcome)->due, kPushed + 500ms);
  task.head.timeOfExecution = kPushed - 1h;
  EXPECT_EQ(runOf(task, outcome)->due, kPushed) << "it did not wait before it was pushed";
}

TEST(TracedRunOf, HasNoWaitForARetryWhoseDueTimeIsUnknown) {
  auto task = tracedTask();
  task.counters.failures = 1;
  const auto run = runOf(task, outcomeWith(Cause::Finished, ExitStatus::Success));
  EXPECT_FALSE(run->due);
  EXPECT_EQ(run->attempt, 2);
}

TEST(TracedRunOf, IsAnErrorWhereErrorsAreReported) {
  EXPECT_TRUE(runOf(tracedTask(), outcomeWith(Cause::Finished, ExitStatus::Error))->failed);
  EXPECT_TRUE(runOf(tracedTask(), outcomeWith(Cause::Threw))->failed);
  EXPECT_FALSE(runOf(tracedTask(), outcomeWith(Cause::RetryLater))->failed);
  EXPECT_FALSE(runOf(tracedTask(), outcomeWith(Cause::Discarded))->failed);
  EXPECT_EQ(runOf(tracedTask(), outcomeWith(Cause::Threw))->error, std::string(tracing::kMaxErrorBytes, 'x'));
}

TEST(TracedRunOf, IsNoneForATaskThatDidNotRun) {
  EXPECT_FALSE(runOf(tracedTask(), outcomeWith(Cause::GaveBack)));
  EXPECT_FALSE(runOf(tracedTask(), outcomeWith(Cause::Expired)));
  EXPECT_FALSE(runOf(tracedTask(), outcomeWith(Cause::Malformed)));
  auto unsampled = tracedTask();
  unsampled.head.trace->sampled = false;
  EXPECT_FALSE(runOf(unsampled, outcomeWith(Cause::Finished, ExitStatus::Success)));
}

}  // namespace
}  // namespace leptir::dispatcher
