// The shutdown of an instance by its master, with real processes.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "master/signals.h"
#include "tests/support/child.h"
#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

TEST(MasterStop, ASignalThatComesAfterTheEndDoesNotKillTheProcess) {
  EXPECT_TRUE(inChild([] {
    {
      const auto inbox = SignalInbox::open();
      ::raise(SIGTERM);
    }
    ::raise(SIGTERM);
    return true;
  }));
}

TEST(MasterStop, EndsWhenAStoreCanNeverBeUsed) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker, [](ToyInstance&) { return 69; });
  EXPECT_EQ(instance.end(), link::InstanceEnd::StoreUnusable);
  EXPECT_EQ(instance.workerPidNow(0), 0);
}

TEST(MasterStop, EndsByItselfWhenTheDispatcherHasDrainedEverything) {
  for (const auto& [says, end] :
       {std::pair{link::InstanceEnd::DrainedEmpty, link::InstanceEnd::DrainedEmpty},
        std::pair{link::InstanceEnd::DrainedExceptUnknown, link::InstanceEnd::DrainedExceptUnknown}}) {
    ToyInstance instance(optionsFor(1));
    instance.start(toyWorker, [says = says](ToyInstance& self) {
      self.link->page().instanceEnd = says;
      return 0;
    });
    EXPECT_EQ(instance.end(), end);
  }
}

TEST(MasterStop, LetsRunningTasksFinishAtTermAndAtASecondTerm) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    // Does not settle cells that are Done, so that the test can read them.
    self.notes->dispatcherPid = ::getpid();
    while (self.link->page().stopping == link::ShutdownStage::No || self.state(0, 0) == link::CellState::Executing)
      ::usleep(1000);
    self.link->page().instanceEnd = link::InstanceEnd::Stopped;
    return 0;
  });
  const auto wait = instance.assign(0, "wait", 1h), later = instance.assign(0, "ok");
  ASSERT_TRUE(instance.reaches(0, wait, link::CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  instance.signal(SIGTERM);
  ::kill(-instance.workerPid(0), SIGTERM);  // as systemd does
  ::kill(instance.dispatcherPid(), SIGTERM);
  EXPECT_EQ(instance.state(0, wait), link::CellState::Executing);
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_EQ(instance.outcome(0, wait), "did wait");
  EXPECT_EQ(instance.state(0, later), link::CellState::Assigned) << "no further task begins";
}

TEST(MasterStop, EndsRunningTasksWhenTheShutdownGraceIsOver) {
  auto options = optionsFor(1);
  options.shutdownGrace = 100ms;
  ToyInstance instance(options);
  instance.start(toyWorker);
  instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_EQ(instance.link->slot(0).verdicts().read(0).signal, SIGKILL);
}

TEST(MasterStop, EndsRunningTasksAtOnceAtQuitWithTheReasonShutdown) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    while (self.link->page().stopping == link::ShutdownStage::No || self.state(0, 0) != link::CellState::Died)
      ::usleep(1000);
    self.link->page().instanceEnd = link::InstanceEnd::Stopped;
    return 0;
  });
  const auto hang = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, hang, link::CellState::Executing));
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
  EXPECT_EQ(instance.verdict(0, hang).reason, link::StopReason::Shutdown);
}

TEST(MasterStop, ReplacesADispatcherThatDiesWhileItDrains) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  ::kill(instance.dispatcherPid(), SIGKILL);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

TEST(MasterStop, TheChildrenOfAKilledMasterDieWithIt) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(1); }));
  const std::vector<int> pids{instance.workerPid(0), instance.workerPid(1), instance.dispatcherPid()};
  ASSERT_TRUE(std::ranges::all_of(pids, &isRunning));
  instance.killMaster();
  EXPECT_TRUE(waitUntil([&] { return std::ranges::none_of(pids, &isRunning); }));
}

}  // namespace
}  // namespace leptir::master
