#include "master/dispatcher_supervisor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string_view>

#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

TEST(DispatcherSupervisor, ReplacesAKilledDispatcherWhoseSuccessorFindsTheOutcomes) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    for (std::size_t cell = 0; cell < link::kCells; ++cell)
      self.notes->number += self.state(0, cell) == link::CellState::Done;
    return ToyInstance::beatUntilSettled(self);
  });
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 1; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(instance.outcome(0, instance.assign(0, "ok")), "did ok");
  const int first = instance.dispatcherPid();
  const int worker = instance.workerPid(0);
  ::kill(first, SIGKILL);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_EQ(instance.notes->number, 3);
  EXPECT_EQ(instance.link->page().dispatcherDeaths, 1u);
  EXPECT_EQ(instance.workerPid(0), worker) << "the death of a dispatcher does not touch workers";
}

TEST(DispatcherSupervisor, LeasesTasksOneAtATimeOnceTwoDispatchersDiedInQuickSuccession) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto kill = [&](int starts) {
    const int pid = instance.dispatcherPid();
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(
        waitUntil([&] { return instance.notes->dispatcherStarts == starts && instance.dispatcherPid() != pid; }));
  };
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 1; }));
  const auto careful = [&] { return BootTime(Duration(instance.link->page().singleLeasesUntil.load())); };
  kill(2);
  EXPECT_EQ(careful(), BootTime()) << "one death changes nothing";
  kill(3);
  const auto until = careful();
  EXPECT_GT(until, systemClock().bootTime() + 50s);
  kill(4);
  EXPECT_GT(careful(), until) << "a minute from the last death";
}

TEST(DispatcherSupervisor, ReplacesADispatcherThatMakesNoProgress) {
  auto options = optionsFor(1);
  options.dispatcherHangTimeout = 100ms;
  ToyInstance instance(options);
  instance.keepLog();
  instance.start(toyWorker);
  const int before = instance.dispatcherPid();
  ::kill(before, SIGSTOP);
  EXPECT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_TRUE(instance.logs("The dispatcher (pid " + std::to_string(before) + ") makes no progress, is killed"));
}

TEST(DispatcherSupervisor, TheInstanceIsNotReadyWhileNoDispatcherMakesProgress) {
  auto options = optionsFor(1);
  options.dispatcherHangTimeout = 200ms;
  ToyInstance instance(options);
  instance.start(toyWorker, [](ToyInstance& self) {
    if (self.notes->number++ > 0) ::raise(SIGSTOP);
    return ToyInstance::beatUntilSettled(self);
  });
  instance.link->page().brokersWithoutSession = 0;
  const auto isReady = [&] { return instance.board->snapshot(systemClock()).isReady(); };
  ASSERT_TRUE(waitUntil(isReady));
  ::kill(instance.dispatcherPid(), SIGSTOP);
  ASSERT_TRUE(waitUntil([&] { return !isReady(); }));
  bool again = false;
  ASSERT_TRUE(waitUntil([&] {
    again |= isReady();
    return instance.notes->number >= 4;
  }));
  EXPECT_FALSE(again) << "a start alone is no progress";
}

TEST(DispatcherSupervisor, RestartsADispatcherThatFinishesThoughTheInstanceDoesNotStop) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    if (self.notes->number++ > 0) return ToyInstance::beatUntilSettled(self);
    self.link->page().instanceEnd = link::InstanceEnd::Stopped;
    return 0;
  });
  EXPECT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 1; }));
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

TEST(DispatcherSupervisor, AStopEndsAnInstanceWhoseDispatcherCannotBeStarted) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) { return ++self.notes->number > 0 ? 1 : 0; });
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 3; }));
  EXPECT_EQ(instance.board->snapshot(systemClock()).state, link::InstanceState::Starting);
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::SessionsLeftToExpire);
}

// Lets each fork fail, as a limit on processes does (RLIMIT_NPROC, pids.max). The limit does not hold for root.
void forbidForks() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0 || (::getuid() == 0 && ::setresuid(65534, 65534, 65534) != 0)) ::_exit(99);
}

TEST(DispatcherSupervisor, AStopEndsAnInstanceThatCanForkNoProcessAtAll) {
  ToyInstance instance(optionsFor(1));
  instance.inMaster = &forbidForks;
  instance.keepLog();
  instance.start(toyWorker);
  ASSERT_TRUE(instance.logs("The dispatcher can't be started. fork: ")) << instance.logged();
  const auto tries = [&] {
    const auto log = instance.logged();
    const std::string_view line = "The dispatcher can't be started";
    int count = 0;
    for (auto at = log.find(line); at != log.npos; at = log.find(line, at + 1)) ++count;
    return count;
  };
  EXPECT_TRUE(waitUntil([&] { return tries() >= 3; })) << "the start is tried again";
  EXPECT_LT(tries(), 20) << "with pauses";
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::SessionsLeftToExpire);
  EXPECT_EQ(instance.notes->dispatcherStarts, 0);
  EXPECT_TRUE(instance.logs("Leptir ends without its dispatcher, which cannot be started")) << instance.logged();
}

// A dispatcher that makes progress, as its beat says, but never finishes.
int beatForEver(ToyInstance& instance) {
  instance.notes->dispatcherPid = ::getpid();
  for (;; ::usleep(1000)) instance.link->page().dispatcherBeat = systemClock().bootTime().time_since_epoch().count();
}

TEST(DispatcherSupervisor, AStopEndsAnInstanceWhoseDispatcherNeverFinishes) {
  auto options = optionsFor(1);
  options.settleTimeout = 300ms;
  ToyInstance instance(options);
  instance.keepLog();
  instance.start(toyWorker, &beatForEver);
  const int dispatcher = instance.dispatcherPid();
  const auto cell = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, cell, link::CellState::Executing));
  const auto before = systemClock().bootTime();
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), link::InstanceEnd::SessionsLeftToExpire);
  EXPECT_GE(systemClock().bootTime() - before, 300ms);
  EXPECT_FALSE(isAlive(dispatcher));
  EXPECT_TRUE(instance.logs("Leptir ends without its dispatcher, which does not come to an end")) << instance.logged();
  EXPECT_TRUE(instance.logs("The dispatcher (pid " + std::to_string(dispatcher) + ") is killed"));
}

TEST(DispatcherSupervisor, ADispatcherThatNeverFinishesIsNotKilledWhileATaskMayRun) {
  auto options = optionsFor(1);
  options.settleTimeout = 100ms;
  ToyInstance instance(options);
  instance.start(toyWorker, &beatForEver);
  const auto cell = instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, cell, link::CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  ::usleep(300'000);
  EXPECT_EQ(instance.state(0, cell), link::CellState::Executing) << "the limit starts when no task may run any more";
  EXPECT_TRUE(isAlive(instance.dispatcherPid()));
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), link::InstanceEnd::SessionsLeftToExpire);
}

TEST(DispatcherSupervisor, AStopWaitsForARunningTaskAlsoWithoutADispatcher) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) { return ++self.notes->number > 0 ? 1 : 0; });
  const auto cell = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, cell, link::CellState::Executing));
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 3; }));
  instance.signal(SIGTERM);
  ASSERT_TRUE(
      waitUntil([&] { return instance.board->snapshot(systemClock()).state == link::InstanceState::Stopping; }));
  EXPECT_EQ(instance.board->snapshot(systemClock()).waitsFor, "1 running task");
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), link::InstanceEnd::SessionsLeftToExpire);
}

}  // namespace
}  // namespace leptir::master
