// What ends a worker, and what does not.

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

#include "tests/support/driven_worker.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class WorkerEnd : public DrivenWorker {};

TEST_F(WorkerEnd, EndsWhenAStartHookThrows) {
  program.onWorkerStart([] { throw std::runtime_error("no model"); });
  start();
  EXPECT_EQ(exitStatus(), 1);
  EXPECT_EQ(slot.workerReady(), 0u);
}

TEST_F(WorkerEnd, BeginsNothingOnceTheInstanceStopsAndLeavesWhenToldTo) {
  start();
  ASSERT_TRUE(sleeps());
  stop(Stopping::Drain);
  assign("noop", 0);
  stop(Stopping::Now);
  stop(Stopping::Leave);
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0).state, CellState::Assigned);
}

TEST_F(WorkerEnd, LeavesItsSlotBetweenTwoTasksAndBeginsNothingThatCameSince) {
  start();
  ASSERT_TRUE(sleeps());
  slot.workerLeaves() = 1;
  assign("noop", 0);
  link->workerBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0).state, CellState::Assigned);

  slot.workerLeaves() = 0;
  start();
  EXPECT_EQ(outcome(0).cause, Cause::Finished) << "the next one begins it";
  assign("wait", 1);
  ASSERT_TRUE(reaches(1, CellState::Executing));
  slot.workerLeaves() = 1;
  link->workerBell(0).ring();
  EXPECT_TRUE(reaches(1, CellState::Executing)) << "what runs is not touched";
  slot.change(1, slot.word(1), slot.word(1).to(CellState::Stopping, StopReason::Cancel));
  link->stopBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
}

TEST_F(WorkerEnd, TellsItsTaskToStopAndReportsNothingThen) {
  start();
  assign("wait", 0);
  assign("noop", 1);
  ASSERT_TRUE(reaches(0, CellState::Executing));
  const auto executing = slot.word(0);
  const auto stopping = executing.to(CellState::Stopping, StopReason::TimeLimit);
  ASSERT_TRUE(slot.change(0, executing, stopping));
  link->stopBell(0).ring();
  EXPECT_EQ(exitStatus(), 0);
  EXPECT_EQ(slot.word(0), stopping);
  EXPECT_EQ(slot.word(1).state, CellState::Assigned);
}

TEST_F(WorkerEnd, IgnoresSignalsThatAreNotMeantForIt) {
  start();
  ASSERT_TRUE(sleeps());
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE}) ::kill(pid, signal);
  outcome(assign("noop", 0));
}

TEST_F(WorkerEnd, EndsOnceATaskHasClosedItsBellsAndKeepsTheOutcome) {
  start();
  EXPECT_EQ(outcome(assign("close", 0)).status, ExitStatus::Success);
  EXPECT_EQ(exitStatus(), 70);
}

TEST_F(WorkerEnd, EndsOnceATaskHasUsedUpTheDescriptorsAndKeepsTheOutcome) {
  start();
  EXPECT_EQ(outcome(assign("fill", 0)).status, ExitStatus::Success);
  EXPECT_EQ(exitStatus(), 71);
}

TEST_F(WorkerEnd, EndsTheChildOfATaskThatForkedAndReturnedTwice) {
  start();
  for (std::size_t cell = 0; cell < 20; ++cell) EXPECT_EQ(outcome(assign("twice", cell)).status, ExitStatus::Success);
  std::size_t cell = 20;
  EXPECT_TRUE(waitUntil([&] {
    EXPECT_EQ(outcome(assign("pause", cell)).status, ExitStatus::Success);
    settle(cell);
    return childCountOf(pid) == 0;
  })) << "ended, and buried after a later task";
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
}  // namespace leptir
