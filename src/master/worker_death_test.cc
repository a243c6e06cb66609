// What becomes of the processes that a dead worker left, with real processes.

#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

TEST(WorkerDeath, NoDescendantOfATaskSurvivesItsTimeLimit) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  const auto family = instance.assign(0, "family", 300ms);
  EXPECT_EQ(instance.verdict(0, family).reason, link::StopReason::TimeLimit);
  ASSERT_EQ(instance.notes->pidCount, 4);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(isAlive(instance.notes->pids[static_cast<std::size_t>(i)])) << i;
}

TEST(WorkerDeath, SparesProcessesThatATaskLeftOnPurposeAlsoAtTheEndOfTheInstance) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "keep")), "did keep");
  const int kept = instance.notes->pids[0];
  instance.verdict(0, instance.assign(0, "hang", 200ms));
  EXPECT_TRUE(isRunning(kept)) << "spared also when a later task is killed";
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok");
  EXPECT_TRUE(instance.link->slot(0).readKeptDescendants().empty())
      << "the list of the previous worker is not passed on";
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_TRUE(isRunning(kept));
  ::kill(kept, SIGKILL);
}

TEST(WorkerDeath, NoOrphanOfATaskSurvivesTheDeathOfItsWorker) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto orphans = instance.assign(0, "orphans");
  EXPECT_EQ(instance.verdict(0, orphans).exitCode, 3);
  EXPECT_FALSE(isAlive(instance.notes->pids[0]));
}

TEST(WorkerDeath, TheLogNamesTheProcessesOfADeadWorkerThatTheMasterKilled) {
  for (const auto* deed : {"orphans", "comrades"}) {
    ToyInstance instance(optionsFor(1));
    instance.keepLog();
    instance.start(toyWorker);
    const auto worker = "Worker 0 (pid " + std::to_string(instance.workerPid(0)) + ")";
    instance.verdict(0, instance.assign(0, deed));
    const auto left = std::to_string(instance.notes->pids[0]) + " (";
    EXPECT_TRUE(instance.logs("Killed what " + worker + ", which exited with status 3, left running: " + left))
        << instance.logged();
  }
}

TEST(WorkerDeath, TheLogNamesTheProcessesThatWereKilledWithAStoppedTask) {
  ToyInstance instance(optionsFor(1));
  instance.keepLog();
  instance.start(toyWorker);
  const auto worker = "Worker 0 (pid " + std::to_string(instance.workerPid(0)) + ")";
  instance.verdict(0, instance.assign(0, "clan", 300ms));
  EXPECT_TRUE(instance.logs(worker + " is killed: its task did not end when it was stopped.")) << instance.logged();
  for (int i = 0; i < 4; ++i) {
    const auto pid = std::to_string(instance.notes->pids[static_cast<std::size_t>(i)]);
    EXPECT_TRUE(instance.logs(pid + " (")) << pid << "\n" << instance.logged();
  }
}

TEST(WorkerDeath, TheLogDoesNotMentionAWorkerThatLeftNoProcess) {
  ToyInstance instance(optionsFor(1));
  instance.keepLog();
  instance.start(toyWorker);
  instance.verdict(0, instance.assign(0, "crash"));
  EXPECT_EQ(instance.logged().find("left running"), std::string::npos) << instance.logged();
}

TEST(WorkerDeath, TheDeathOfAWorkerDoesNotTouchDescendantsOfAnother) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  instance.assign(1, "household");
  ASSERT_TRUE(waitUntil([&] { return instance.notes->pidCount == 3; }));
  const auto crash = instance.assign(0, "crash");
  instance.verdict(0, crash);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(isAlive(instance.notes->pids[static_cast<std::size_t>(i)])) << i;
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_TRUE(instance.areAllNotedGone());
}

}  // namespace
}  // namespace leptir::master
