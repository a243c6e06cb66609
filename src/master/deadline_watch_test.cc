#include "master/deadline_watch.h"

#include <gtest/gtest.h>

namespace leptir::master {
namespace {

using namespace std::chrono_literals;
using Act = DeadlineWatch::Act;

const BootTime kStart{1000s};

class DeadlineWatchTest : public ::testing::Test {
 protected:
  DeadlineWatchTest() {
    page.brokers[0].epoch = 1;
    watch.begin(kStart);
  }

  RunningTask task(Duration limit, BootTime begun = kStart, std::uint64_t generation = 1) const {
    return {.cell = 4,
            .word = {link::CellState::Executing, link::StopReason::None, generation},
            .broker = 0,
            .epoch = 1,
            .timeLimit = limit,
            .begun = begun};
  }
  static RunningTask stopping(RunningTask running, link::StopReason reason) {
    running.word = running.word.to(link::CellState::Stopping, reason);
    return running;
  }
  void leaseEnds(BootTime at) { page.brokers[0].leaseEndsBoot = at.time_since_epoch().count(); }

  link::SharedPage page;
  DeadlineWatch watch{1s};
};

TEST_F(DeadlineWatchTest, DecidesNothingWhileNoTaskRuns) {
  EXPECT_EQ(watch.check(std::nullopt, page, kStart + 1h).act, Act::Nothing);
  EXPECT_EQ(watch.next(), BootTime::max());
}

TEST_F(DeadlineWatchTest, LetsATaskWithoutALimitRun) {
  for (const auto time : {1s, 1000s, 1000000s}) EXPECT_EQ(watch.check(task(0s), page, kStart + time).act, Act::Nothing);
  EXPECT_EQ(watch.check(task(Duration::max()), page, kStart + 2s).act, Act::Nothing);
  EXPECT_EQ(watch.next(), BootTime::max());
}

TEST_F(DeadlineWatchTest, LetsAnErrorReportGoOnWhileTheInstanceStopsUntilTheDispatcherHasEnded) {
  auto report = task(10s, kStart + 1ms);
  report.broker = link::kNoBroker;
  report.epoch = 0;
  for (const auto stage : {link::ShutdownStage::No, link::ShutdownStage::Drain, link::ShutdownStage::Now}) {
    page.stopping = stage;
    EXPECT_EQ(watch.check(report, page, kStart + 1s).act, Act::Nothing);
  }
  EXPECT_EQ(watch.next(), kStart + 1ms + 10s) << "its time limit holds all the same";
  page.stopping = link::ShutdownStage::Leave;
  EXPECT_EQ(watch.check(report, page, kStart + 2s).act, Act::Stop);
}

TEST_F(DeadlineWatchTest, DoesNotRestartTheLimitOfATaskThatPretendedToHaveEnded) {
  watch.check(task(10s), page, kStart + 1ms);
  watch.check(std::nullopt, page, kStart + 5s);
  EXPECT_EQ(watch.check(task(10s, kStart + 5s), page, kStart + 6s).act, Act::Nothing);
  EXPECT_EQ(watch.check(task(10s, kStart + 5s), page, kStart + 11s).act, Act::Stop);
}

TEST_F(DeadlineWatchTest, StopsATaskAtTheDispatchersRequestAndKillsItAfterTheGrace) {
  for (const auto reason : {link::StopReason::Cancel, link::StopReason::LeaseLost}) {
    watch.begin(kStart);
    auto running = task(0s);
    running.stopRequest = reason;
    const auto decision = watch.check(running, page, kStart + 1ms);
    EXPECT_EQ(decision.act, Act::Stop);
    EXPECT_EQ(decision.reason, reason);
    watch.noteStop(reason, page, kStart + 1ms);
    EXPECT_EQ(watch.next(), kStart + 1ms + 1s);
  }
}

TEST_F(DeadlineWatchTest, StopsATaskExactlyAtItsLimitAndKillsItAfterTheGrace) {
  const auto running = task(10s, kStart + 20ms);
  EXPECT_EQ(watch.check(running, page, kStart + 50ms).act, Act::Nothing);
  EXPECT_EQ(watch.next(), kStart + 20ms + 10s);
  EXPECT_EQ(watch.check(running, page, watch.next() - 1us).act, Act::Nothing);
  const auto limit = watch.next();
  const auto decision = watch.check(running, page, limit);
  EXPECT_EQ(decision.act, Act::Stop);
  EXPECT_EQ(decision.reason, link::StopReason::TimeLimit);

  watch.noteStop(link::StopReason::TimeLimit, page, limit);
  EXPECT_EQ(watch.next(), limit + 1s);
  EXPECT_EQ(watch.check(stopping(running, link::StopReason::TimeLimit), page, limit + 1s - 1us).act, Act::Nothing);
  EXPECT_EQ(watch.check(stopping(running, link::StopReason::TimeLimit), page, limit + 1s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, BelievesAReportedBeginOnlyBetweenTwoLooks) {
  for (const auto lie : {BootTime(0s), kStart - 1s, kStart, kStart + 1h, BootTime::max(), BootTime::min()}) {
    DeadlineWatch fresh(1s);
    fresh.begin(kStart);
    fresh.check(task(10s, lie), page, kStart + 50ms);
    EXPECT_EQ(fresh.started(), kStart + 50ms);
  }
}

TEST_F(DeadlineWatchTest, IgnoresThatTheWorkerReportsALaterBegin) {
  watch.check(task(10s, kStart + 20ms), page, kStart + 50ms);
  watch.check(task(10s, kStart + 90ms), page, kStart + 100ms);
  EXPECT_EQ(watch.started(), kStart + 20ms);
}

TEST_F(DeadlineWatchTest, StartsTheLimitAgainForTheNextTaskOfTheSameCell) {
  watch.check(task(10s, kStart + 1ms, 1), page, kStart + 5s);
  watch.check(task(10s, kStart + 9s, 2), page, kStart + 9s + 50ms);
  EXPECT_EQ(watch.next(), kStart + 19s);
}

TEST_F(DeadlineWatchTest, EndsATaskBeforeItsLeaseEndsEvenWithALongGrace) {
  DeadlineWatch patient(1h);
  patient.begin(kStart);
  const auto end = kStart + 60s;
  leaseEnds(end);
  EXPECT_EQ(patient.check(task(0s), page, end - 10s - 1us).act, Act::Nothing);
  EXPECT_EQ(patient.next(), end - 10s);
  const auto decision = patient.check(task(0s), page, end - 10s);
  EXPECT_EQ(decision.act, Act::Stop);
  EXPECT_EQ(decision.reason, link::StopReason::LeaseLost);
  patient.noteStop(link::StopReason::LeaseLost, page, end - 10s);
  EXPECT_EQ(patient.next(), end - 2s);
  EXPECT_EQ(patient.check(stopping(task(0s), link::StopReason::LeaseLost), page, end - 2s - 1us).act, Act::Nothing);
  EXPECT_EQ(patient.check(stopping(task(0s), link::StopReason::LeaseLost), page, end - 2s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, TheMarginBeforeTheEndIsProportionalToTheLease) {
  page.leaseTimes.lease = 3s;
  leaseEnds(kStart + 3s);
  EXPECT_EQ(watch.check(task(0s), page, kStart + 2400ms).act, Act::Nothing);
  EXPECT_EQ(watch.next(), kStart + 2500ms);
  watch.check(task(0s), page, kStart + 2500ms);
  watch.noteStop(link::StopReason::LeaseLost, page, kStart + 2500ms);
  EXPECT_EQ(watch.next(), kStart + 2900ms);
}

TEST_F(DeadlineWatchTest, KillsATaskThatStopsForAnotherReasonBeforeItsLeaseEnds) {
  DeadlineWatch patient(1h);
  patient.begin(kStart);
  patient.check(task(1s), page, kStart + 1s);
  patient.noteStop(link::StopReason::TimeLimit, page, kStart + 1s);
  leaseEnds(kStart + 20s);
  EXPECT_EQ(patient.check(stopping(task(1s), link::StopReason::TimeLimit), page, kStart + 18s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, LetsATaskRunWhoseLeaseIsRenewed) {
  leaseEnds(kStart + 60s);
  watch.check(task(0s), page, kStart + 40s);
  leaseEnds(kStart + 100s);
  EXPECT_EQ(watch.check(task(0s), page, kStart + 55s).act, Act::Nothing);
}

TEST_F(DeadlineWatchTest, KillsATaskOfAnEarlierEpochAtOnce) {
  page.brokers[0].epoch = 2;
  EXPECT_EQ(watch.check(task(0s), page, kStart + 1s).reason, link::StopReason::LeaseLost);
  watch.noteStop(link::StopReason::LeaseLost, page, kStart + 1s);
  EXPECT_LE(watch.next(), kStart + 1s);
  EXPECT_EQ(watch.check(stopping(task(0s), link::StopReason::LeaseLost), page, kStart + 1s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, KillsATaskAtOnceThatIsFirstSeenAfterItsLeaseEnded) {
  leaseEnds(kStart + 60s);
  watch.check(task(0s), page, kStart + 1s);
  EXPECT_EQ(watch.check(task(0s), page, kStart + 1h).reason, link::StopReason::LeaseLost);
  watch.noteStop(link::StopReason::LeaseLost, page, kStart + 1h);
  EXPECT_LE(watch.next(), kStart + 1h);
}

TEST_F(DeadlineWatchTest, StopsTheTaskInAShutdownOnceDrainingIsOver) {
  page.stopping = link::ShutdownStage::Drain;
  EXPECT_EQ(watch.check(task(0s), page, kStart + 1s).act, Act::Nothing);
  page.stopping = link::ShutdownStage::Now;
  EXPECT_EQ(watch.check(task(0s), page, kStart + 1s).reason, link::StopReason::Shutdown);
}

TEST_F(DeadlineWatchTest, KillsAWorkerThatMarkedItsCellAsStoppingItself) {
  EXPECT_EQ(watch.check(stopping(task(0s), link::StopReason::TimeLimit), page, kStart + 1s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, StopsATaskWithABrokerIndexOutOfRange) {
  auto wild = task(0s);
  wild.broker = base::kMaxBrokers;
  EXPECT_EQ(watch.check(wild, page, kStart + 1s).reason, link::StopReason::LeaseLost);
}

}  // namespace
}  // namespace leptir::master
