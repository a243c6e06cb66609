// Which runs the core hands out as spans, and when.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

constexpr auto* kSampledTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class CoreTraceTest : public CoreTest {
 protected:
  CoreTraceTest() {
    options.traceSettings.makesSpans = true;
    options.hasRoomForSpans = [this] { return hasRoom; };
    start();
  }
  // Leases a task with a traceparent, ends its run, and saves its record.
  std::uint64_t runTraced() {
    BrokerTask task;
    task.id = "a";
    task.name = "noop";
    task.traceparent = kSampledTrace;
    step(event::Leased{0, 1, {{task::encodeEnvelope(task), {}, leaseOf("a")}}, true});
    const auto batch = finish(last.assignments.at(0).cell).batchesToSave.at(0);
    EXPECT_TRUE(last.tracedRuns.empty());
    dropped += last.droppedSpans;
    EXPECT_TRUE(step(event::RecordsSaved{batch->id}).tracedRuns.empty());
    return batch->id;
  }

  bool hasRoom = true;
  std::uint64_t dropped = 0;
};

TEST_F(CoreTraceTest, HandsOutARunOnceItsTaskIsSettledAndNotBefore) {
  const auto batch = runTraced();
  ASSERT_EQ(step(event::BatchSettled{batch}).tracedRuns.size(), 1u);
  EXPECT_EQ(last.tracedRuns[0].id, "a");
  EXPECT_EQ(last.tracedRuns[0].broker, "broker");
  EXPECT_EQ(last.droppedSpans + dropped, 0u);
}

TEST_F(CoreTraceTest, CountsTheSpansOfARunForWhichThereIsNoRoom) {
  hasRoom = false;
  const auto batch = runTraced();
  EXPECT_TRUE(step(event::BatchSettled{batch}).tracedRuns.empty());
  EXPECT_EQ(dropped, 1u) << "the task has no time of a push, so no span of its wait";
}

TEST_F(CoreTraceTest, ARunWhoseSessionIsLostHasNoSpans) {
  const auto batch = runTraced();
  EXPECT_TRUE(step(event::BatchSettled{.batch = batch, .isLost = true}).tracedRuns.empty());
}

TEST_F(CoreTraceTest, HandsOutNothingWithoutTracing) {
  options.traceSettings.makesSpans = false;
  start();
  const auto batch = runTraced();
  EXPECT_TRUE(step(event::BatchSettled{batch}).tracedRuns.empty());
  EXPECT_EQ(dropped, 0u);
}

}  // namespace
}  // namespace leptir::dispatcher
