#include "task/run_trace.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace leptir::task {
namespace {

constexpr std::string_view kGiven = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr TraceSettings kOn{.makesSpans = true};
constexpr Time kPushed{std::chrono::seconds(1700000000)};

std::optional<base::Traceparent> given(bool sampled = true) {
  auto trace = base::Traceparent::parse(kGiven);
  trace->sampled = sampled;
  return trace;
}

TEST(RunTrace, StaysInTheTraceThatWasGivenAtThePush) {
  const auto trace = runTraceOf(kOn, given(), "id1", kPushed, 7);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->run.trace, given()->trace);
  EXPECT_EQ(trace->pusher, given()->span);
  EXPECT_TRUE(trace->run.sampled);
  EXPECT_TRUE(base::Traceparent::parse(trace->run.text()));
}

TEST(RunTrace, NamesTheSameSpansEachTimeAndOthersForAnotherRun) {
  const auto first = runTraceOf(kOn, given(), "id1", kPushed, 7), again = runTraceOf(kOn, given(), "id1", kPushed, 7);
  EXPECT_EQ(first->run, again->run);
  EXPECT_EQ(first->queue, again->queue);
  std::set<base::SpanId> spans{first->queue, first->run.span, *first->pusher};
  for (std::uint64_t lease = 8; lease < 1000; ++lease)
    spans.insert(runTraceOf(kOn, given(), "id1", kPushed, lease)->run.span);
  spans.insert(runTraceOf(kOn, given(), "id2", kPushed, 7)->run.span);
  spans.insert(runTraceOf(kOn, given(), "id2", kPushed, 7)->queue);
  EXPECT_EQ(spans.size(), 3u + 992u + 2u);
}

TEST(RunTrace, IsNoneWhereNoSpansAreMadeOrTheTraceIsNotSampled) {
  EXPECT_FALSE(runTraceOf({}, given(), "id1", kPushed, 7));
  EXPECT_FALSE(runTraceOf({.makesSpans = false, .sample = 1}, {}, "id1", kPushed, 7));
  EXPECT_FALSE(runTraceOf({.makesSpans = true, .sample = 1}, given(false), "id1", kPushed, 7));
  EXPECT_FALSE(runTraceOf(kOn, {}, "id1", kPushed, 7));
}

TEST(RunTrace, OfATaskWithoutATraceparentIsItsOwnForEachPush) {
  constexpr TraceSettings kAll{.makesSpans = true, .sample = 1};
  const auto trace = runTraceOf(kAll, {}, "daily", kPushed, 7);
  ASSERT_TRUE(trace);
  EXPECT_FALSE(trace->pusher);
  EXPECT_EQ(runTraceOf(kAll, {}, "daily", kPushed, 8)->run.trace, trace->run.trace) << "a retry";
  EXPECT_EQ(runTraceOf(kAll, {}, "daily", kPushed, 8)->queue, trace->queue) << "the first span of both runs";
  EXPECT_NE(runTraceOf(kAll, {}, "daily", kPushed + std::chrono::hours(24), 9)->run.trace, trace->run.trace);
  EXPECT_FALSE(runTraceOf(kAll, {}, "", kPushed, 7)) << "without an id nothing tells its runs from those of others";
}

TEST(RunTrace, IsMadeForTheShareOfTasksThatTheConfigurationAsksFor) {
  const TraceSettings tenth{.makesSpans = true, .sample = 0.1};
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = std::to_string(i);
    const bool is = runTraceOf(tenth, {}, id, kPushed, 7).has_value();
    EXPECT_EQ(is, runTraceOf(tenth, {}, id, kPushed, 99).has_value()) << "all runs of a task, or none";
    sampled += is ? 1 : 0;
  }
  EXPECT_NEAR(sampled, 1000, 150);
}

}  // namespace
}  // namespace leptir::task
