// How the supervisor of a worker keeps its slot supplied and ends tasks, with real processes.

#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/toy_worker.h"

namespace leptir::master {
namespace {

TEST(WorkerSupervisor, WritesAVerdictForACrashedWorkersTaskAndStartsAnotherWorker) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  for (int round = 0; round < 5; ++round) {
    const auto crash = instance.assign(0, "crash"), exit = instance.assign(0, "exit"), ok = instance.assign(0, "ok");
    const auto crashed = instance.verdict(0, crash);
    EXPECT_EQ(crashed.reason, link::StopReason::Crash);
    EXPECT_EQ(crashed.signal, SIGSEGV);
    EXPECT_GT(crashed.pid, 0);
    EXPECT_GT(crashed.maxRss, 0u);
    EXPECT_GE(crashed.ended, crashed.started);
    const auto exited = instance.verdict(0, exit);
    EXPECT_EQ(exited.reason, link::StopReason::Crash);
    EXPECT_EQ(exited.signal, 0);
    EXPECT_EQ(exited.exitCode, 3);
    EXPECT_NE(exited.pid, crashed.pid);
    EXPECT_EQ(instance.outcome(0, ok), "did ok");
    for (const auto cell : {crash, exit, ok}) instance.settle(0, cell);
  }
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

TEST(WorkerSupervisor, KillsATaskThatIgnoresAllSignalsAtItsLimitPlusTheGrace) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto hang = instance.assign(0, "hang", 300ms), ok = instance.assign(0, "ok");
  const auto verdict = instance.verdict(0, hang);
  EXPECT_EQ(verdict.reason, link::StopReason::TimeLimit);
  EXPECT_EQ(verdict.signal, SIGKILL);
  EXPECT_GE(verdict.ended - verdict.started, 500ms) << "the limit and the grace";
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
}

TEST(WorkerSupervisor, KeepsTheReasonOfAStopThatATaskObeysWithinItsGrace) {
  auto options = optionsFor(1);
  options.killGrace = 1h;
  ToyInstance instance(options);
  instance.start(toyWorker);
  const auto obey = instance.assign(0, "obey", 50ms), again = instance.assign(0, "obey", 50ms);
  for (const auto cell : {obey, again}) {
    const auto verdict = instance.verdict(0, cell);
    EXPECT_EQ(verdict.reason, link::StopReason::TimeLimit);
    EXPECT_EQ(verdict.signal, 0);
    EXPECT_GE(verdict.ended - verdict.started, 50ms) << "the stop bell of the previous task does not stop this one";
  }
}

TEST(WorkerSupervisor, KillsAWorkerThatIsSuspendedBySigstopAtItsTimeLimit) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto halt = instance.assign(0, "halt", 100ms);
  EXPECT_EQ(instance.verdict(0, halt).signal, SIGKILL);
}

TEST(WorkerSupervisor, KillsAWorkerThatWritesAnInvalidStateIntoItsSlot) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto scribble = instance.assign(0, "scribble"), ok = instance.assign(0, "ok");
  EXPECT_EQ(instance.verdict(0, scribble).reason, link::StopReason::Crash);
  EXPECT_EQ(instance.verdict(0, 400).reason, link::StopReason::Crash)
      << "the cell with the invalid state can be settled";
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
}

TEST(WorkerSupervisor, EndsATaskWhoseLeaseIsLost) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  const auto hang = instance.assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, hang, link::CellState::Executing));
  instance.link->page().brokers[0].epoch = 2;
  EXPECT_EQ(instance.verdict(0, hang).reason, link::StopReason::LeaseLost);
}

TEST(WorkerSupervisor, ReplacesAWorkerThatBeginsNoTaskAndChargesNoTaskForIt) {
  auto options = optionsFor(1);
  options.workerHangTimeout = 100ms;
  ToyInstance instance(options);
  instance.start([](ToyInstance& self, int slot) {
    if (self.notes->number++ > 0) return toyWorker(self, slot);
    self.link->slot(slot).workerReady() = 1;
    hangForEver();
  });
  const auto ok = instance.assign(0, "ok");
  EXPECT_EQ(instance.outcome(0, ok), "did ok");
}

TEST(WorkerSupervisor, LetsAWorkerTakeItsTimeToBecomeReady) {
  auto options = optionsFor(1);
  options.workerHangTimeout = 20ms;
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

TEST(WorkerSupervisor, TimesATaskByTheCopyOfTheGenerationThatAWorkerCannotChange) {
  ToyInstance instance(optionsFor(1));
  instance.start(toyWorker);
  EXPECT_EQ(instance.verdict(0, instance.assign(0, "rejuvenate", 300ms)).signal, SIGKILL);
}

TEST(WorkerSupervisor, DoesNotStartAWorkerThatDiesAtOnceInATightLoop) {
  ToyInstance instance(optionsFor(1));
  instance.start([](ToyInstance& self, int) {
    ++self.notes->number;
    return 1;
  });
  ASSERT_TRUE(waitUntil([&] { return instance.notes->number >= 4; }));
  EXPECT_LT(instance.notes->number, 8);
  instance.signal(SIGTERM);
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

}  // namespace
}  // namespace leptir::master
