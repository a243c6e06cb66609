// What ends a worker, and what does not.

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "tests/support/driven_worker.h"

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

class WorkerEnd : public DrivenWorker {};

TEST_F(WorkerEnd, EndsWhenAStartHookThrows) {
  program.onWorkerStart([] { throw std::runtime_error("no model"); });
  start();
  EXPECT_EQ(exitStatus(), 1);
  EXPECT_EQ(slot.workerReady(), 0u);
}

TEST_F(WorkerEnd, BeginsNoTaskOnceTheInstanceStopsAndEndsAtLeave) {
  start();
  ASSERT_TRUE(sleeps());
  stop(link::ShutdownStage::Drain);
  assign("noop", 0);
  stop(link::ShutdownStage::Now);
  stop(link::ShutdownStage::Leave);
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0).state, link::CellState::Assigned);
}

TEST_F(WorkerEnd, LeavesItsSlotBetweenTwoTasksAndBeginsNoTaskAssignedSince) {
  start();
  ASSERT_TRUE(sleeps());
  slot.workerMustExit() = 1;
  assign("noop", 0);
  link->workerBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0).state, link::CellState::Assigned);

  slot.workerMustExit() = 0;
  start();
  EXPECT_EQ(outcome(0).cause, Cause::Finished) << "the next worker begins the task";
  assign("wait", 1);
  ASSERT_TRUE(reaches(1, link::CellState::Executing));
  slot.workerMustExit() = 1;
  link->workerBell(0).ring();
  EXPECT_TRUE(reaches(1, link::CellState::Executing)) << "a running task is not interrupted";
  slot.change(1, slot.word(1), slot.word(1).to(link::CellState::Stopping, link::StopReason::Cancel));
  link->stopBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
}

TEST_F(WorkerEnd, TellsItsTaskToStopAndReportsNoOutcome) {
  start();
  assign("wait", 0);
  assign("noop", 1);
  ASSERT_TRUE(reaches(0, link::CellState::Executing));
  const auto executing = slot.word(0);
  const auto stopping = executing.to(link::CellState::Stopping, link::StopReason::TimeLimit);
  ASSERT_TRUE(slot.change(0, executing, stopping));
  link->stopBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0), stopping);
  EXPECT_EQ(slot.word(1).state, link::CellState::Assigned);
}

TEST_F(WorkerEnd, IgnoresSignalsThatAreNotMeantForIt) {
  start();
  ASSERT_TRUE(sleeps());
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::kill(pid, signal);
  outcome(assign("noop", 0));
}

TEST_F(WorkerEnd, EndsAfterATaskClosedItsWakeUpDescriptorsAndKeepsTheOutcome) {
  start();
  EXPECT_EQ(outcome(assign("close", 0)).status, ExitStatus::Success);
  EXPECT_EQ(exitStatus(), 70);
}

TEST_F(WorkerEnd, EndsAfterATaskUsedUpTheDescriptorsAndKeepsTheOutcome) {
  start();
  EXPECT_EQ(outcome(assign("fill", 0)).status, ExitStatus::Success);
  EXPECT_EQ(exitStatus(), 71);
}

TEST_F(WorkerEnd, EndsTheChildOfATaskThatForkedAndReturnedInBothProcesses) {
  start();
  for (std::size_t cell = 0; cell < 20; ++cell) EXPECT_EQ(outcome(assign("twice", cell)).status, ExitStatus::Success);
  std::size_t cell = 20;
  EXPECT_TRUE(waitUntil([&] {
    EXPECT_EQ(outcome(assign("pause", cell)).status, ExitStatus::Success);
    settle(cell);
    return childCountOf(pid) == 0;
  })) << "the child has ended, and was reaped after a later task";
}

TEST_F(WorkerEnd, EndsWithItsMaster) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t master = ::fork();
  if (master == 0) {
    start();
    link->page().masterBeat = pid;
    for (;;) ::pause();
  }
  ASSERT_TRUE(waitUntil([&] { return link->page().masterBeat != 0 && slot.workerReady() != 0; }));
  pid = static_cast<pid_t>(link->page().masterBeat);
  ::kill(master, SIGKILL);
  ::waitpid(master, nullptr, 0);
  int status = 0;
  EXPECT_TRUE(waitUntil([&] { return ::waitpid(pid, &status, WNOHANG) == pid; }));
  pid = 0;
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

}  // namespace
}  // namespace leptir::worker
