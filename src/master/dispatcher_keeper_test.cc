#include "master/dispatcher_keeper.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string_view>

#include "tests/support/toy_worker.h"

namespace leptir {
namespace {

TEST(DispatcherKeeper, ReplacesAKilledDispatcherWhoseSuccessorFindsTheOutcomes) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    for (std::size_t cell = 0; cell < kCells; ++cell) self.notes->number += self.state(0, cell) == CellState::Done;
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
  EXPECT_EQ(instance.workerPid(0), worker) << "workers do not notice";
}

TEST(DispatcherKeeper, AsksForCareOnceTwoHaveDiedInQuickSuccession) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto kill = [&](int starts) {
    const int pid = instance.dispatcherPid();
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(
        waitUntil([&] { return instance.notes->dispatcherStarts == starts && instance.dispatcherPid() != pid; }));
  };
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 1; }));
  const auto careful = [&] { return BootTime(Duration(instance.link->page().carefulUntil.load())); };
  kill(2);
  EXPECT_EQ(careful(), BootTime()) << "one is an accident";
  kill(3);
  const auto until = careful();
  EXPECT_GT(until, systemClock().bootTime() + 50s);
  kill(4);
  EXPECT_GT(careful(), until) << "a minute from the last";
}

TEST(DispatcherKeeper, ReplacesADispatcherThatMakesNoProgress) {
  auto options = optionsFor(1);
  options.dispatcherBeat = 100ms;
  ToyInstance instance(options);
  instance.keepLog();
  instance.start(toyWorker);
  const int before = instance.dispatcherPid();
  ::kill(before, SIGSTOP);
  EXPECT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  EXPECT_TRUE(instance.logs("The dispatcher (pid " + std::to_string(before) + ") makes no progress, is killed"));
}

TEST(DispatcherKeeper, IsNotReadyWhileOneAfterTheOtherMakesNoProgress) {
  auto options = optionsFor(1);
  options.dispatcherBeat = 200ms;
  ToyInstance instance(options);
  instance.start(toyWorker, [](ToyInstance& self) {
    if (self.notes->number++ > 0) ::raise(SIGSTOP);
    return ToyInstance::beatUntilSettled(self);
  });
  instance.link->page().brokersAway = 0;
  const auto isReady = [&] { return instance.board->look(systemClock()).isReady(); };
  ASSERT_TRUE(waitUntil(isReady));
  ::kill(instance.dispatcherPid(), SIGSTOP);
  ASSERT_TRUE(waitUntil([&] { return !isReady(); }));
  bool again = false;
  ASSERT_TRUE(waitUntil([&] {
    again |= isReady();
    return instance.notes->number >= 4;
  }));
  EXPECT_FALSE(again) << "that one was started is no progress";
}

TEST(DispatcherKeeper, DoesNotBelieveADispatcherThatSaysItFinishedThoughNobodyAsked) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    if (self.notes->number++ > 0) return ToyInstance::beatUntilSettled(self);
    self.link->page().dispatcherSays = DispatcherSays::Finished;
    return 0;
  });
  EXPECT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 1; }));
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
}

TEST(DispatcherKeeper, AStopEndsAnInstanceWhoseDispatcherCannotBeStarted) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) { return ++self.notes->number > 0 ? 1 : 0; });
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 3; }));
  EXPECT_EQ(instance.board->look(systemClock()).state, InstanceState::Starting);
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), MasterEnd::LeftToExpire);
}

// What a limit on processes does (RLIMIT_NPROC, pids.max): it does not count for root.
void forbidForks() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0 || (::getuid() == 0 && ::setresuid(65534, 65534, 65534) != 0)) ::_exit(99);
}

TEST(DispatcherKeeper, AStopEndsAnInstanceThatCanForkNoProcessAtAll) {
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
  EXPECT_TRUE(waitUntil([&] { return tries() >= 3; })) << "it is tried again";
  EXPECT_LT(tries(), 20) << "with pauses";
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), MasterEnd::LeftToExpire);
  EXPECT_EQ(instance.notes->dispatcherStarts, 0);
  EXPECT_TRUE(instance.logs("Leptir ends without its dispatcher, which cannot be started")) << instance.logged();
}

// It works, as its beat says, but does not finish.
int beatForEver(ToyInstance& instance) {
  instance.notes->dispatcherPid = ::getpid();
  for (;; ::usleep(1000))
    instance.link->page().dispatcherBeat = systemClock().bootTime().time_since_epoch().count();
}

TEST(DispatcherKeeper, AStopEndsAnInstanceWhoseDispatcherNeverFinishes) {
  auto options = optionsFor(1);
  options.longestSettling = 300ms;
  ToyInstance instance(options);
  instance.keepLog();
  instance.start(toyWorker, &beatForEver);
  const int dispatcher = instance.dispatcherPid();
  const auto cell = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, cell, CellState::Executing));
  const auto before = systemClock().bootTime();
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), MasterEnd::LeftToExpire);
  EXPECT_GE(systemClock().bootTime() - before, 300ms);
  EXPECT_FALSE(isAlive(dispatcher));
  EXPECT_TRUE(instance.logs("Leptir ends without its dispatcher, which does not come to an end")) << instance.logged();
  EXPECT_TRUE(instance.logs("The dispatcher (pid " + std::to_string(dispatcher) + ") is killed"));
}

TEST(DispatcherKeeper, ADispatcherThatNeverFinishesHoldsUpNoTaskThatMayStillRun) {
  auto options = optionsFor(1);
  options.longestSettling = 100ms;
  ToyInstance instance(options);
  instance.start(toyWorker, &beatForEver);
  const auto cell = instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, cell, CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == Stopping::Drain; }));
  ::usleep(300'000);
  EXPECT_EQ(instance.state(0, cell), CellState::Executing) << "the limit counts from when no task may run any more";
  EXPECT_TRUE(isAlive(instance.dispatcherPid()));
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), MasterEnd::LeftToExpire);
}

TEST(DispatcherKeeper, AStopWaitsForARunningTaskAlsoWithoutADispatcher) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) { return ++self.notes->number > 0 ? 1 : 0; });
  const auto cell = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, cell, CellState::Executing));
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 3; }));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.board->look(systemClock()).state == InstanceState::Stopping; }));
  EXPECT_EQ(instance.board->look(systemClock()).waitsFor, "1 running task");
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), MasterEnd::LeftToExpire);
}

}  // namespace
}  // namespace leptir
