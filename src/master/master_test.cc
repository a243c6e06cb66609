#include "master/master.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>

#include "tests/support/toy_instance.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

[[noreturn]] void hangForEver() {
  for (;;) ::pause();
}

void ignoreEverything() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
}

// A process that stays: as it is, in a session of its own, or in one of its own and without a parent that is left.
void leaveBehind(ToyInstance& instance, bool ownSession, bool orphan) {
  if (::fork() != 0) return;
  if (ownSession) ::setsid();
  if (orphan && ::fork() != 0) ::_exit(0);
  ignoreEverything();
  instance.notes->note(::getpid());
  hangForEver();
}

const std::map<std::string, std::function<void(ToyInstance&)>> kDeeds = {
    {"ok", [](ToyInstance&) {}},
    {"crash", [](ToyInstance&) { ::signal(SIGSEGV, SIG_DFL), ::raise(SIGSEGV); }},
    {"exit", [](ToyInstance&) { ::_exit(3); }},
    {"hang", [](ToyInstance&) { ignoreEverything(), hangForEver(); }},
    {"halt", [](ToyInstance&) { ::raise(SIGSTOP); }},
    {"wait",
     [](ToyInstance& instance) {
       while (instance.notes->number == 0) ::usleep(1000);
     }},
    {"obey",
     [](ToyInstance& instance) {
       while (!instance.link->stopBell(0).waitFor(1h)) continue;
     }},
    {"family",
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       leaveBehind(instance, true, false);
       leaveBehind(instance, false, true);
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 4) ::usleep(1000);
       ignoreEverything(), hangForEver();
     }},
    {"household",  // as family, without those of whom nobody can tell whose they were
     [](ToyInstance& instance) {
       leaveBehind(instance, false, false);
       leaveBehind(instance, true, false);
       leaveBehind(instance, false, true);
       while (instance.notes->pidCount < 3) ::usleep(1000);
       hangForEver();
     }},
    {"orphans",
     [](ToyInstance& instance) {
       leaveBehind(instance, true, true);
       while (instance.notes->pidCount < 1) ::usleep(1000);
       ::_exit(3);
     }},
    {"scribble",
     [](ToyInstance& instance) {
       auto& slot = instance.link->slot(0);
       slot.change(400, slot.word(400), CellWord::unpack(0xdeadbeef'deadbeef));
       hangForEver();
     }},
};

// The least that is a worker.
int toyWorker(ToyInstance& instance, int number) {
  auto& slot = instance.link->slot(number);
  slot.workerReady() = 1;
  for (;;) {
    if (instance.link->page().stopping == Stopping::Leave) return 0;
    const auto cell = slot.firstAssigned();
    const bool begins = cell && instance.link->page().stopping == Stopping::No &&
                        slot.change(*cell, slot.word(*cell), slot.word(*cell).to(CellState::Executing));
    if (!begins) {
      instance.link->workerBell(number).waitFor(2ms);
      continue;
    }
    slot.begin(*cell, systemClock().bootTime());
    const std::string deed(slot.readAssignment(*cell).envelope);
    kDeeds.at(deed)(instance);
    slot.writeOutcome(*cell, "did " + deed);
    if (!slot.change(*cell, slot.word(*cell).to(CellState::Executing), slot.word(*cell).to(CellState::Done))) return 0;
  }
}

MasterOptions optionsFor(int workers) {
  MasterOptions options;
  options.workers = workers;
  options.killGrace = 200ms;
  options.tick = 10ms;
  return options;
}

TEST(Master, KeepsWorkersThatRunWhatIsAssigned) {
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
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
}

TEST(Master, SettlesTheTaskOfACrashedWorkerAndStartsAnother) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  for (int round = 0; round < 5; ++round) {
    const auto crash = instance.assign(0, "crash"), exit = instance.assign(0, "exit"), ok = instance.assign(0, "ok");
    const auto crashed = instance.verdict(0, crash);
    EXPECT_EQ(crashed.reason, StopReason::Crash);
    EXPECT_EQ(crashed.signal, SIGSEGV);
    EXPECT_GT(crashed.pid, 0);
    EXPECT_GT(crashed.maxRss, 0u);
    EXPECT_GE(crashed.ended, crashed.started);
    const auto exited = instance.verdict(0, exit);
    EXPECT_EQ(exited.reason, StopReason::Crash);
    EXPECT_EQ(exited.signal, 0);
    EXPECT_EQ(exited.exitCode, 3);
    EXPECT_NE(exited.pid, crashed.pid);
    EXPECT_EQ(instance.outcome(0, ok), "did ok");
    for (const auto cell : {crash, exit, ok}) instance.settle(0, cell);
  }
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
}

TEST(Master, EndsAtItsLimitATaskThatIgnoresEverything) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto hang = instance.assign(0, "hang", 300ms), ok = instance.assign(0, "ok");
  const auto verdict = instance.verdict(0, hang);
  EXPECT_EQ(verdict.reason, StopReason::TimeLimit);
  EXPECT_EQ(verdict.signal, SIGKILL);
  EXPECT_GE(verdict.ended - verdict.started, 500ms) << "the limit and the grace";
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
}

TEST(Master, GivesATaskItsGraceAndKeepsTheReasonWhenItObeys) {
  auto options = optionsFor(1);
  options.killGrace = 1h;
  ToyInstance instance(options);
  instance.start(toyWorker);
  const auto obey = instance.assign(0, "obey", 50ms), again = instance.assign(0, "obey", 50ms);
  for (const auto cell : {obey, again}) {
    const auto verdict = instance.verdict(0, cell);
    EXPECT_EQ(verdict.reason, StopReason::TimeLimit);
    EXPECT_EQ(verdict.signal, 0);
    EXPECT_GE(verdict.ended - verdict.started, 50ms) << "the bell of the task before is not heard";
  }
}

TEST(Master, EndsAStoppedProcess) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto halt = instance.assign(0, "halt", 100ms);
  EXPECT_EQ(instance.verdict(0, halt).signal, SIGKILL);
}

TEST(Master, LeavesNoDescendantOfATaskThatItEnds) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  const auto family = instance.assign(0, "family", 300ms);
  EXPECT_EQ(instance.verdict(0, family).reason, StopReason::TimeLimit);
  ASSERT_EQ(instance.notes->pidCount, 4);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(isAlive(instance.notes->pids[static_cast<std::size_t>(i)])) << i;
}

TEST(Master, LeavesNoOrphanOfATaskWhoseWorkerDied) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto orphans = instance.assign(0, "orphans");
  EXPECT_EQ(instance.verdict(0, orphans).exitCode, 3);
  EXPECT_FALSE(isAlive(instance.notes->pids[0]));
}

TEST(Master, LeavesAnotherWorkersHouseholdAlone) {
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

TEST(Master, KillsAWorkerThatMakesNonsenseOfItsSlot) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto scribble = instance.assign(0, "scribble"), ok = instance.assign(0, "ok");
  EXPECT_EQ(instance.verdict(0, scribble).reason, StopReason::Crash);
  EXPECT_EQ(instance.verdict(0, 400).reason, StopReason::Crash) << "what made no sense can be settled again";
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
}

TEST(Master, EndsWhatRunsUnderALeaseThatIsLost) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto hang = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, hang, CellState::Executing));
  instance.link->page().brokers[0].epoch = 2;
  EXPECT_EQ(instance.verdict(0, hang).reason, StopReason::Lease);
}

TEST(Master, ReplacesAWorkerThatLeavesItsAssignmentsAndBlamesNoTask) {
  auto options = optionsFor(1);
  options.hangingWorker = 100ms;
  ToyInstance instance(options);
  instance.start([](ToyInstance& self, int slot) {
    if (self.notes->number++ > 0) return toyWorker(self, slot);
    self.link->slot(slot).workerReady() = 1;
    hangForEver();
  });
  const auto ok = instance.assign(0, "ok");
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
}

TEST(Master, LetsAWorkerTakeItsTimeToBecomeReady) {
  auto options = optionsFor(1);
  options.hangingWorker = 20ms;
  ToyInstance instance(options);
  instance.start([](ToyInstance& self, int slot) {
    ++self.notes->dispatchersAtOnce;  // how many workers were started
    while (self.notes->number == 0) ::usleep(1000);
    return toyWorker(self, slot);
  });
  const auto ok = instance.assign(0, "ok");
  const auto later = systemClock().bootTime() + 300ms;
  ASSERT_TRUE(waitUntil([&] { return systemClock().bootTime() > later; }));
  instance.notes->number = 1;
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
  EXPECT_EQ(instance.notes->dispatchersAtOnce, 1);
}

TEST(Master, DoesNotStartAWorkerThatDiesAtOnceInATightLoop) {
  ToyInstance instance(optionsFor(1));
  instance.start([](ToyInstance& self, int) {
    ++self.notes->number;
    return 1;
  });
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 4; }));
  EXPECT_LT(instance.notes->number, 8);
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
}

TEST(Master, ReplacesAKilledDispatcherWhoseSuccessorFindsTheOutcomes) {
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

TEST(Master, ReplacesADispatcherThatMakesNoProgress) {
  auto options = optionsFor(1);
  options.dispatcherBeat = 100ms;
  ToyInstance instance(options);
  instance.start(toyWorker);
  ::kill(instance.dispatcherPid(), SIGSTOP);
  EXPECT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
}

TEST(Master, EndsWhenAStoreCanNeverBeUsed) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker, [](ToyInstance&) { return 69; });
  EXPECT_EQ(instance.end(), MasterEnd::StoreUnusable);
  EXPECT_EQ(instance.workerPidNow(0), 0);
}

TEST(Master, EndsByItselfWhenTheDispatcherHasDrainedEverything) {
  for (const auto& [says, end] : {std::pair{DispatcherSays::DrainedEmpty, MasterEnd::DrainedEmpty},
                                  std::pair{DispatcherSays::DrainedUnknown, MasterEnd::DrainedUnknown}}) {
    ToyInstance instance(optionsFor(1));
    instance.start(toyWorker, [says = says](ToyInstance& self) {
      self.link->page().dispatcherSays = says;
      return 0;
    });
    EXPECT_EQ(instance.end(), end);
  }
}

TEST(Master, DoesNotBelieveADispatcherThatSaysItFinishedThoughNobodyAsked) {
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

TEST(Master, LetsRunningTasksFinishAtTermAndAtASecondOne) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    // Leaves Done cells alone, so that the test can look at them.
    self.notes->dispatcherPid = ::getpid();
    while (self.link->page().stopping == Stopping::No || self.state(0, 0) == CellState::Executing) ::usleep(1000);
    self.link->page().dispatcherSays = DispatcherSays::Finished;
    return 0;
  });
  const auto wait = instance.assign(0, "wait", 1h), later = instance.assign(0, "ok");
  ASSERT_TRUE(instance.reaches(0, wait, CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == Stopping::Drain; }));
  instance.signal(SIGTERM);
  ::kill(-instance.workerPid(0), SIGTERM);  // as systemd does
  ::kill(instance.dispatcherPid(), SIGTERM);
  EXPECT_EQ(instance.state(0, wait), CellState::Executing);
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
  EXPECT_EQ(instance.outcome(0, wait), "did wait");
  EXPECT_EQ(instance.state(0, later), CellState::Assigned) << "nothing new begins";
}

TEST(Master, EndsRunningTasksWhenTheShutdownGraceIsOver) {
  auto options = optionsFor(1);
  options.shutdownGrace = 100ms;
  ToyInstance instance(options);
  instance.start(toyWorker);
  instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, 0, CellState::Executing));
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
  EXPECT_EQ(instance.link->slot(0).readVerdict(0).signal, SIGKILL);
}

TEST(Master, EndsRunningTasksAtOnceAtQuitAsAShutdown) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker, [](ToyInstance& self) {
    while (self.link->page().stopping == Stopping::No || self.state(0, 0) != CellState::Died) ::usleep(1000);
    self.link->page().dispatcherSays = DispatcherSays::Finished;
    return 0;
  });
  const auto hang = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, hang, CellState::Executing));
  instance.signal(SIGQUIT);
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
  EXPECT_EQ(instance.verdict(0, hang).reason, StopReason::Shutdown);
}

TEST(Master, ReplacesADispatcherThatDiesWhileItDrains) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  instance.assign(0, "wait");
  ASSERT_TRUE(instance.reaches(0, 0, CellState::Executing));
  instance.signal(SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == Stopping::Drain; }));
  ::kill(instance.dispatcherPid(), SIGKILL);
  ASSERT_TRUE(waitUntil([&] { return instance.notes->dispatcherStarts == 2; }));
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), MasterEnd::Stopped);
}

TEST(Master, TakesItsChildrenAlongWhenItIsKilled) {
  ToyInstance instance(optionsFor(2));
  instance.start(toyWorker);
  instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, 0, CellState::Executing));
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(1); }));
  const std::vector<int> pids{instance.workerPid(0), instance.workerPid(1), instance.dispatcherPid()};
  ASSERT_TRUE(std::ranges::all_of(pids, &isRunning));
  instance.killMaster();
  EXPECT_TRUE(waitUntil([&] { return std::ranges::none_of(pids, &isRunning); }));
}

TEST(Master, ReopensItsLogsAtHupAndUsr1AndNobodyDies) {
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

TEST(Master, ReapsEverything) {
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
}  // namespace leptir
