#include "base/process_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

TEST(ProcessTree, NoDescendantOfATaskSurvivesItsTimeLimit) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  const auto family = instance.assign(0, "family", 300ms);
  EXPECT_EQ(instance.verdict(0, family).reason, link::StopReason::TimeLimit);
  ASSERT_EQ(instance.notes->pidCount, 4);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(isAlive(instance.notes->pids[static_cast<std::size_t>(i)])) << i;
}

TEST(ProcessTree, SparesProcessesThatATaskLeftOnPurposeAlsoAtTheEndOfTheInstance) {
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
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
  EXPECT_TRUE(isRunning(kept));
  ::kill(kept, SIGKILL);
}

TEST(ProcessTree, NoOrphanOfATaskSurvivesTheDeathOfItsWorker) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto orphans = instance.assign(0, "orphans");
  EXPECT_EQ(instance.verdict(0, orphans).exitCode, 3);
  EXPECT_FALSE(isAlive(instance.notes->pids[0]));
}

TEST(ProcessTree, TheLogNamesTheProcessesOfADeadWorkerThatTheMasterKilled) {
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

TEST(ProcessTree, TheLogNamesTheProcessesThatWereKilledWithAStoppedTask) {
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

TEST(ProcessTree, TheLogDoesNotMentionAWorkerThatLeftNoProcess) {
  ToyInstance instance(optionsFor(1));
  instance.keepLog();
  instance.start(toyWorker);
  instance.verdict(0, instance.assign(0, "crash"));
  EXPECT_EQ(instance.logged().find("left running"), std::string::npos) << instance.logged();
}

TEST(ProcessTree, TheDeathOfAWorkerDoesNotTouchDescendantsOfAnother) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  instance.assign(1, "household");
  ASSERT_TRUE(waitUntil([&] { return instance.notes->pidCount == 3; }));
  const auto crash = instance.assign(0, "crash");
  instance.verdict(0, crash);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(isAlive(instance.notes->pids[static_cast<std::size_t>(i)])) << i;
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
  EXPECT_TRUE(instance.areAllNotedGone());
}

TEST(ProcessTree, TheMasterReapsAllItsChildren) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  for (int i = 0; i < 5; ++i) instance.verdict(0, instance.assign(0, "crash"));
  const std::string path =
      "/proc/" + std::to_string(instance.masterPid) + "/task/" + std::to_string(instance.masterPid) + "/children";
  EXPECT_TRUE(waitUntil([&] {
    std::ifstream children(path);
    int count = 0;
    for (int pid = 0; children >> pid;) ++count;
    return count == 3;
  })) << "two workers, a dispatcher, no zombie";
}

}  // namespace
}  // namespace leptir::master
