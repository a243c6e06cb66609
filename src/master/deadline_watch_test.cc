#include "master/deadline_watch.h"

#include <gtest/gtest.h>

namespace leptir {
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
            .word = {CellState::Executing, StopReason::None, generation},
            .broker = 0,
            .epoch = 1,
            .timeLimit = limit,
            .begun = begun};
  }
  static RunningTask stopping(RunningTask running, StopReason reason) {
    running.word = running.word.to(CellState::Stopping, reason);
    return running;
  }
  void leaseEnds(BootTime at) { page.brokers[0].leaseEndsBoot = at.time_since_epoch().count(); }

  SharedPage page;
  DeadlineWatch watch{1s};
};

TEST_F(DeadlineWatchTest, HasNothingToDoWhileNothingRuns) {
  EXPECT_EQ(watch.look(std::nullopt, page, kStart + 1h).act, Act::Nothing);
  EXPECT_EQ(watch.next(), BootTime::max());
}

TEST_F(DeadlineWatchTest, LetsATaskWithoutALimitRun) {
  for (const auto time : {1s, 1000s, 1000000s}) EXPECT_EQ(watch.look(task(0s), page, kStart + time).act, Act::Nothing);
  EXPECT_EQ(watch.look(task(Duration::max()), page, kStart + 2s).act, Act::Nothing);
  EXPECT_EQ(watch.next(), BootTime::max());
}

TEST_F(DeadlineWatchTest, DoesNotBeginAnewWithATaskThatSaysItHadEnded) {
  watch.look(task(10s), page, kStart + 1ms);
  watch.look(std::nullopt, page, kStart + 5s);
  EXPECT_EQ(watch.look(task(10s, kStart + 5s), page, kStart + 6s).act, Act::Nothing);
  EXPECT_EQ(watch.look(task(10s, kStart + 5s), page, kStart + 11s).act, Act::Stop);
}

TEST_F(DeadlineWatchTest, EndsATaskThatTheDispatcherWishesEndedAndKillsItAfterTheGrace) {
  for (const auto wish : {StopReason::Cancel, StopReason::Lease}) {
    watch.begin(kStart);
    auto running = task(0s);
    running.wish = wish;
    const auto decision = watch.look(running, page, kStart + 1ms);
    EXPECT_EQ(decision.act, Act::Stop);
    EXPECT_EQ(decision.reason, wish);
    watch.stopped(wish, page, kStart + 1ms);
    EXPECT_EQ(watch.next(), kStart + 1ms + 1s);
  }
}

TEST_F(DeadlineWatchTest, StopsATaskExactlyAtItsLimitAndKillsItAfterTheGrace) {
  const auto running = task(10s, kStart + 20ms);
  EXPECT_EQ(watch.look(running, page, kStart + 50ms).act, Act::Nothing);
  EXPECT_EQ(watch.next(), kStart + 20ms + 10s);
  EXPECT_EQ(watch.look(running, page, watch.next() - 1us).act, Act::Nothing);
  const auto limit = watch.next();
  const auto decision = watch.look(running, page, limit);
  EXPECT_EQ(decision.act, Act::Stop);
  EXPECT_EQ(decision.reason, StopReason::TimeLimit);

  watch.stopped(StopReason::TimeLimit, page, limit);
  EXPECT_EQ(watch.next(), limit + 1s);
  EXPECT_EQ(watch.look(stopping(running, StopReason::TimeLimit), page, limit + 1s - 1us).act, Act::Nothing);
  EXPECT_EQ(watch.look(stopping(running, StopReason::TimeLimit), page, limit + 1s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, BelievesTheWorkersBeginOnlyBetweenTwoLooks) {
  for (const auto lie : {BootTime(0s), kStart - 1s, kStart, kStart + 1h, BootTime::max(), BootTime::min()}) {
    DeadlineWatch fresh(1s);
    fresh.begin(kStart);
    fresh.look(task(10s, lie), page, kStart + 50ms);
    EXPECT_EQ(fresh.started(), kStart + 50ms);
  }
}

TEST_F(DeadlineWatchTest, DoesNotLetTheWorkerMoveItsBeginLater) {
  watch.look(task(10s, kStart + 20ms), page, kStart + 50ms);
  watch.look(task(10s, kStart + 90ms), page, kStart + 100ms);
  EXPECT_EQ(watch.started(), kStart + 20ms);
}

TEST_F(DeadlineWatchTest, CountsAnewForTheNextTaskOfTheSameCell) {
  watch.look(task(10s, kStart + 1ms, 1), page, kStart + 5s);
  watch.look(task(10s, kStart + 9s, 2), page, kStart + 9s + 50ms);
  EXPECT_EQ(watch.next(), kStart + 19s);
}

TEST_F(DeadlineWatchTest, EndsATaskBeforeItsLeaseCanEndWhateverTheGrace) {
  DeadlineWatch patient(1h);
  patient.begin(kStart);
  const auto end = kStart + 60s;
  leaseEnds(end);
  EXPECT_EQ(patient.look(task(0s), page, end - 10s - 1us).act, Act::Nothing);
  EXPECT_EQ(patient.next(), end - 10s);
  const auto decision = patient.look(task(0s), page, end - 10s);
  EXPECT_EQ(decision.act, Act::Stop);
  EXPECT_EQ(decision.reason, StopReason::Lease);
  patient.stopped(StopReason::Lease, page, end - 10s);
  EXPECT_EQ(patient.next(), end - 2s);
  EXPECT_EQ(patient.look(stopping(task(0s), StopReason::Lease), page, end - 2s - 1us).act, Act::Nothing);
  EXPECT_EQ(patient.look(stopping(task(0s), StopReason::Lease), page, end - 2s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, EndsATaskOfAShorterLeaseCloserToItsEnd) {
  page.leaseTimes.lease = 3s;
  leaseEnds(kStart + 3s);
  EXPECT_EQ(watch.look(task(0s), page, kStart + 2400ms).act, Act::Nothing);
  EXPECT_EQ(watch.next(), kStart + 2500ms);
  watch.look(task(0s), page, kStart + 2500ms);
  watch.stopped(StopReason::Lease, page, kStart + 2500ms);
  EXPECT_EQ(watch.next(), kStart + 2900ms);
}

TEST_F(DeadlineWatchTest, KillsWhatIsBeingStoppedForAnotherReasonBeforeItsLeaseEnds) {
  DeadlineWatch patient(1h);
  patient.begin(kStart);
  patient.look(task(1s), page, kStart + 1s);
  patient.stopped(StopReason::TimeLimit, page, kStart + 1s);
  leaseEnds(kStart + 20s);
  EXPECT_EQ(patient.look(stopping(task(1s), StopReason::TimeLimit), page, kStart + 18s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, LetsARenewedLeaseRun) {
  leaseEnds(kStart + 60s);
  watch.look(task(0s), page, kStart + 40s);
  leaseEnds(kStart + 100s);
  EXPECT_EQ(watch.look(task(0s), page, kStart + 55s).act, Act::Nothing);
}

TEST_F(DeadlineWatchTest, KillsAtOnceWhatRunsInAnEpochThatIsOver) {
  page.brokers[0].epoch = 2;
  EXPECT_EQ(watch.look(task(0s), page, kStart + 1s).reason, StopReason::Lease);
  watch.stopped(StopReason::Lease, page, kStart + 1s);
  EXPECT_LE(watch.next(), kStart + 1s);
  EXPECT_EQ(watch.look(stopping(task(0s), StopReason::Lease), page, kStart + 1s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, KillsAtOnceWhatWokeUpAfterItsLease) {
  leaseEnds(kStart + 60s);
  watch.look(task(0s), page, kStart + 1s);
  EXPECT_EQ(watch.look(task(0s), page, kStart + 1h).reason, StopReason::Lease);
  watch.stopped(StopReason::Lease, page, kStart + 1h);
  EXPECT_LE(watch.next(), kStart + 1h);
}

TEST_F(DeadlineWatchTest, StopsWhatRunsWhenTheInstanceEndsNow) {
  page.stopping = Stopping::Drain;
  EXPECT_EQ(watch.look(task(0s), page, kStart + 1s).act, Act::Nothing);
  page.stopping = Stopping::Now;
  EXPECT_EQ(watch.look(task(0s), page, kStart + 1s).reason, StopReason::Shutdown);
}

TEST_F(DeadlineWatchTest, KillsAWorkerWhoseCellSaysThatItIsStoppedThoughNobodyDid) {
  EXPECT_EQ(watch.look(stopping(task(0s), StopReason::TimeLimit), page, kStart + 1s).act, Act::Kill);
}

TEST_F(DeadlineWatchTest, EndsATaskOfABrokerThatCannotBe) {
  auto wild = task(0s);
  wild.broker = kMaxBrokers;
  EXPECT_EQ(watch.look(wild, page, kStart + 1s).reason, StopReason::Lease);
}

}  // namespace
}  // namespace leptir
