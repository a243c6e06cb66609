#include "master/master.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "base/process_tree.h"
#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

TEST(Master, KeepsWorkersThatRunAssignedTasks) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  for (int i = 0; i < 50; ++i) {
    const auto first = instance.assign(0, "ok"), second = instance.assign(1, "ok");
    EXPECT_EQ(instance.outcome(0, first), "did ok");
    EXPECT_EQ(instance.outcome(1, second), "did ok");
    instance.settle(0, first);
    instance.settle(1, second);
  }
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

// Then a program that reads from the terminal gets an error, and one kill reaches all processes in the worker's group.
TEST(Master, GivesEachWorkerASessionAndAGroupOfItsOwn) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok");
  const auto worker = base::processInfo(instance.workerPid(0));
  ASSERT_TRUE(worker);
  EXPECT_EQ(worker->session, worker->pid);
  EXPECT_EQ(worker->group, worker->pid);
}

TEST(Master, ReopensItsLogsAtHupAndUsr1WithoutReplacingAnyProcess) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(0) && instance.dispatcherPid() != 0; }));
  instance.signal(SIGUSR1);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number == 1; }));
  instance.signal(SIGHUP);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number == 2; }));
  EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok");
  EXPECT_EQ(instance.notes->dispatcherStarts, 1);
}

TEST(Master, ReapsAllItsChildren) {
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
