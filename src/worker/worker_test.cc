#include "worker/worker.h"

#include <gtest/gtest.h>

#include "task/log_text.h"
#include "tests/support/driven_worker.h"

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

class WorkerTest : public DrivenWorker {};

TEST_F(WorkerTest, RunsAssignedTasksAndReportsTheirOutcomes) {
  start();
  const auto well = outcome(assign("say", 0, {.failures = 1, .crashes = 1, .expiries = 1, .unknown = 5}));
  EXPECT_EQ(well.status, ExitStatus::Success);
  EXPECT_EQ(well.response, "4 1001 id-say");
  const auto badly = outcome(assign("throw", 1));
  EXPECT_EQ(badly.cause, Cause::Threw);
  EXPECT_NE(badly.response.find("on purpose"), std::string::npos);
  EXPECT_LE(slot.outcomes().startedBoot(1), systemClock().bootTime());
}

TEST_F(WorkerTest, RunsTasksInTheOrderOfTheRingOfCells) {
  BootTime last{};
  for (std::size_t cell = 0; cell < link::kCells; ++cell) assign("noop", cell);
  start();
  for (int round = 1; round < 5; ++round) {
    for (std::size_t cell = 0; cell < link::kCells; ++cell) {
      ASSERT_EQ(outcome(cell).status, ExitStatus::Success);
      ASSERT_GE(slot.outcomes().startedBoot(cell), last);
      last = slot.outcomes().startedBoot(cell);
      settle(cell);
      assign("noop", cell);
    }
  }
}

TEST_F(WorkerTest, DoesNotRunATaskThatExpiredWhileItWaitedBehindAnother) {
  const auto expires = Time(std::chrono::ceil<std::chrono::milliseconds>(systemClock().now() + 100ms));
  add("long", [&](TaskContext&) {
    while (systemClock().now() < expires) ::usleep(1000);
  });
  assign("long", 0);
  assignBytes(task::encodeEnvelope({.id = "behind", .name = "throw", .expires = expires}), 1);
  assignBytes(task::encodeEnvelope({.id = "in time", .name = "noop", .expires = expires + 1h}), 2);
  start();
  EXPECT_EQ(outcome(0).status, ExitStatus::Success);
  const auto behind = outcome(1);
  EXPECT_EQ(behind.cause, Cause::Expired);
  EXPECT_EQ(behind.status, ExitStatus::Unknown);
  EXPECT_NE(behind.response.find(": it expired."), std::string::npos) << behind.response;
  EXPECT_EQ(outcome(2).status, ExitStatus::Success);
}

TEST_F(WorkerTest, TheLinesOfARunTravelWithItsOutcomeAndNotWithTheNextOne) {
  add("log", [](TaskContext& task) {
    task.logInfo("one\ntwo");
    task.logError("three");
    task.logDebug("no logger takes this");
  });
  assign("log", 0);
  assign("noop", 1);
  start();
  TaskLog log;
  task::readLogText(outcome(0).log, log);
  ASSERT_EQ(log.lines.size(), 3u);
  EXPECT_EQ(log.lines[1].text, "two");
  EXPECT_EQ(log.lines[2].level, LogLevel::Error);
  EXPECT_EQ(outcome(1).log, "");
}

class WorkerOfReportersTest : public DrivenWorker {
 protected:
  WorkerOfReportersTest() : DrivenWorker(link::kReportSlot) {}
};

TEST_F(WorkerOfReportersTest, SaysOfAReportToAReporterThatAReloadRemovedThatItWasRemoved) {
  assign("removed", 0);
  start();
  const auto removed = outcome(0);
  EXPECT_EQ(removed.cause, Cause::UnknownName);
  EXPECT_EQ(removed.status, ExitStatus::Error);
  EXPECT_EQ(removed.response, "it was removed from the configuration before this report began");
  EXPECT_EQ(outcome(assign("noop", 1)).status, ExitStatus::Success);
}

TEST_F(WorkerTest, FindsTheFirstAssignedCellWhenItReplacesAnotherWorker) {
  assign("noop", 300);
  assign("noop", 301);
  start();
  outcome(300), outcome(301);
  ASSERT_TRUE(sleeps());
  outcome(assign("noop", 7));  // not the next cell of the ring: the worker searches for it
  outcome(assign("noop", 8));
}

TEST_F(WorkerTest, IsReadyOnlyAfterItsStartHooks) {
  program.onWorkerStart([this] {
    while (slot.word(0).state == link::CellState::Free) ::usleep(1000);
  });
  start();
  EXPECT_EQ(slot.workerReady(), 0u);
  assign("noop", 0);
  outcome(0);
  EXPECT_EQ(slot.workerReady(), 1u);
}

TEST_F(WorkerTest, BeginsNoTaskOfAnotherEpochOrUnderALeaseThatEndsSoon) {
  auto& line = link->page().brokers[0];
  line.epoch = 2;
  assign("noop", 0);
  start();
  ASSERT_TRUE(sleeps());
  line.leaseEndsBoot = systemClock().bootTime().time_since_epoch().count();
  line.epoch = 1;
  ASSERT_TRUE(sleeps());
  EXPECT_EQ(slot.word(0).state, link::CellState::Assigned);
  line.leaseEndsBoot = link::SharedSession::kNever;  // renewed; no process wakes the worker for that
  outcome(0);
}

TEST_F(WorkerTest, ReopensItsLogsBetweenTwoTasks) {
  start();
  ASSERT_TRUE(sleeps());
  ::kill(pid, SIGUSR1);
  outcome(assign("noop", 0));
  EXPECT_TRUE(waitUntil([&] { return slot.readProgress().second == "reopened"; }));
}

TEST_F(WorkerTest, NotesItsPidAndTheCpuTimeUsedBeforeATask) {
  add("spin", [](TaskContext& task) {
    while (task.executionTime() < 50ms) continue;
  });
  start();
  outcome(assign("spin", 0));
  outcome(assign("noop", 1));
  EXPECT_EQ(slot.outcomes().workerPid(1), pid);
  EXPECT_GE(slot.outcomes().cpuTimeBefore(1) - slot.outcomes().cpuTimeBefore(0), 1ms);
  EXPECT_LT(slot.outcomes().cpuTimeBefore(1), 60s);
}

TEST_F(WorkerTest, ShowsProgressUntilTheNextTaskBegins) {
  start();
  outcome(assign("progress", 0));
  EXPECT_EQ(slot.readProgress(), std::make_pair(0.5, std::string("half way")));
  outcome(assign("noop", 1));
  EXPECT_EQ(slot.readProgress(), std::make_pair(0.0, std::string()));
}

TEST_F(WorkerTest, WaitsWithALargeOutcomeUntilThePreviousOneIsSettled) {
  start();
  assign("large", 0);
  assign("large", 1);
  EXPECT_EQ(outcome(0).response, std::string(link::kCellBodyBytes + 1, 'L'));
  EXPECT_EQ(slot.word(1).state == link::CellState::Done, false);
  settle(0);
  EXPECT_EQ(outcome(1).response, std::string(link::kCellBodyBytes + 1, 'L'));
}

TEST_F(WorkerTest, ReportsAMalformedEnvelope) {
  start();
  EXPECT_EQ(outcome(assignBytes("this is none", 0)).cause, Cause::Malformed);
}

TEST_F(WorkerTest, WakesTheDispatcherOnlyIfItSleeps) {
  start();
  ASSERT_TRUE(sleeps());
  outcome(assign("noop", 0));
  ASSERT_TRUE(sleeps());
  EXPECT_FALSE(link->dispatcherBell().clear());
  link->page().dispatcherSleeps = 1;
  outcome(assign("noop", 1));
  EXPECT_TRUE(link->dispatcherBell().waitFor(30s));
}

}  // namespace
}  // namespace leptir::worker
