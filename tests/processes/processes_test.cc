// A real master with real workers and tasks as users write them; the test takes the part of the dispatcher
// (toy_instance.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "task/envelope.h"
#include "task/outcome_codec.h"
#include "task/program_task.h"
#include "tests/support/function_task.h"
#include "tests/support/temp_dir.h"
#include "tests/support/toy_instance.h"
#include "worker/worker.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class ProcessesTest : public ::testing::Test {
 protected:
  ProcessesTest() {
    addTestTasks(program.tasks);
    add("exit", [](TaskContext&) { std::exit(3); });
    add("stay", [this](TaskContext&) {
      while (instance.notes->number == 0) ::usleep(1000);
    });
    add("obey", [](TaskContext& task) {
      while (!task.stopToken().stopRequested()) ::usleep(1000);
    });
    add("twice", [](TaskContext&) { ::fork(); });
    add("fill", [](TaskContext&) {
      while (::dup(2) >= 0) continue;
    });
    add("family", [this](TaskContext&) {
      for (const bool ownSession : {false, true}) {
        if (::fork() == 0) becomeStubborn(ownSession);
        if (::fork() == 0) {
          if (ownSession) ::setsid();
          if (::fork() == 0) becomeStubborn(false);
          ::_exit(0);
        }
      }
      becomeStubborn(false);
    });
  }

  [[noreturn]] void becomeStubborn(bool ownSession) {
    if (ownSession) ::setsid();
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    instance.notes->note(::getpid());
    for (;;) ::pause();
  }

  void add(const std::string& name, std::function<void(TaskContext&)> deed) {
    addFunctionTask(program, name, std::move(deed));
  }

  void addScript(const std::string& name, const std::string& script) {
    task::addProgram(program.tasks, name, {.command = {"/bin/sh", "-c", script}}, "a-test");
  }

  static master::MasterOptions options() {
    master::MasterOptions options;
    options.workers = 2;
    options.killGrace = 200ms;
    return options;
  }

  void start() {
    instance.start([this](ToyInstance& self, int slot) {
      return worker::runWorker({.slot = slot, .masterPid = self.masterPid}, *self.link, program, silence,
                               systemClock());
    });
  }

  std::size_t assign(int slot, const std::string& name, Duration limit = {}) {
    BrokerTask task;
    task.id = name + "-" + std::to_string(++tasks);
    task.name = name;
    return instance.assign(slot, task::encodeEnvelope(task), limit);
  }
  Outcome outcome(int slot, std::size_t cell) { return task::decodeOutcome(instance.outcome(slot, cell)).value(); }

  const Logger silence;
  Program program;
  ToyInstance instance{options()};
  int tasks = 0;
};

TEST_F(ProcessesTest, RunThousandsOfTasksInOrderInBothWorkers) {
  start();
  constexpr std::size_t kRounds = 20;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < link::kCells; ++i) assign(0, "noop"), assign(1, "noop");
    for (int slot = 0; slot < 2; ++slot) {
      for (std::size_t cell = 0; cell < link::kCells; ++cell) {
        ASSERT_EQ(outcome(slot, cell).status, ExitStatus::Success);
        if (cell > 0) {
          ASSERT_LE(instance.link->slot(slot).outcomes().startedBoot(cell - 1),
                    instance.link->slot(slot).outcomes().startedBoot(cell));
        }
      }
      for (std::size_t cell = 0; cell < link::kCells; ++cell) instance.settle(slot, cell);
    }
  }
  EXPECT_EQ(instance.link->page().dispatcherDeaths, 0u);
}

TEST_F(ProcessesTest, RunTheTasksBehindACrash) {
  start();
  const auto crash = assign(0, "crash"), exit = assign(0, "exit"), noop = assign(0, "noop");
  EXPECT_EQ(instance.verdict(0, crash).signal, SIGSEGV);
  EXPECT_EQ(instance.verdict(0, exit).exitCode, 3);
  EXPECT_EQ(outcome(0, noop).status, ExitStatus::Success);
}

TEST_F(ProcessesTest, RecordTheStackOfACrashWhileTheNextWorkerRuns) {
  start();
  const auto crash = assign(0, "crash"), exit = assign(0, "exit"), noop = assign(0, "noop");
  for (const auto cell : {crash, exit}) {
    ASSERT_TRUE(instance.reaches(0, cell, link::CellState::Died));
    EXPECT_TRUE(
        waitUntil([&] { return !instance.link->slot(0).verdicts().isSymbolizing(cell, systemClock().bootTime()); }));
  }
  const auto crashed = instance.verdict(0, crash), exited = instance.verdict(0, exit);
  EXPECT_EQ(crashed.crashReportKind, link::CrashReportKind::Signal);
  EXPECT_THAT(crashed.stack, ::testing::Contains(::testing::HasSubstr("test_tasks.cc:")));
  EXPECT_EQ(exited.crashReportKind, link::CrashReportKind::Exit);
  EXPECT_THAT(exited.stack, ::testing::Contains(::testing::HasSubstr("processes_test.cc:")));
  EXPECT_EQ(outcome(0, noop).status, ExitStatus::Success);
}

TEST_F(ProcessesTest, KeepTheStderrOfACrashedTask) {
  add("murmur", [](TaskContext&) {
    std::fputs("my last murmur\n", stderr);
    ::_exit(3);
  });
  start();
  const auto cell = assign(0, "murmur");
  const auto verdict = instance.verdict(0, cell);
  EXPECT_EQ(verdict.crashReportKind, link::CrashReportKind::None);
  EXPECT_EQ(instance.link->workerStderr(0).read(verdict.stderrFrom, verdict.stderrTo, link::kStderrTailBytes),
            "my last murmur\n");
}

TEST_F(ProcessesTest, EndATaskThatIgnoresEverySignalItCan) {
  start();
  const auto hang = assign(0, "hang", 200ms), noop = assign(0, "noop");
  const auto verdict = instance.verdict(0, hang);
  EXPECT_EQ(verdict.reason, link::StopReason::TimeLimit);
  EXPECT_EQ(verdict.signal, SIGKILL);
  EXPECT_EQ(outcome(0, noop).status, ExitStatus::Success);
}

TEST_F(ProcessesTest, FireTheStopTokenAtTheTimeLimit) {
  start();
  const auto obey = assign(0, "obey", 100ms);
  const auto verdict = instance.verdict(0, obey);
  EXPECT_EQ(verdict.reason, link::StopReason::TimeLimit);
  EXPECT_EQ(verdict.signal, 0) << "the task ended by itself";
}

TEST_F(ProcessesTest, SendTermToTheChildrenOfATaskAtTheTimeLimit) {
  add("heir", [this](TaskContext&) {
    sigset_t term;
    ::sigemptyset(&term);
    ::sigaddset(&term, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &term, nullptr);
    if (::fork() == 0) {
      int signal = 0;
      ::sigwait(&term, &signal);
      instance.notes->number = signal;
      ::_exit(0);
    }
    for (;;) ::pause();
  });
  start();
  const auto heir = assign(0, "heir", 200ms);
  EXPECT_EQ(instance.verdict(0, heir).reason, link::StopReason::TimeLimit);
  EXPECT_EQ(instance.notes->number, SIGTERM) << "TERM goes to the whole process group";
}

TEST_F(ProcessesTest, SurviveSignalsThatAProgramSendsToItsProcessGroup) {
  addScript("shout", "trap 'echo got it' USR2; kill -USR2 0; kill -s USR2 -- -$$; echo done");
  addScript("end all", "kill -KILL 0");
  start();
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(0); }));
  const int worker = instance.workerPid(0);
  const auto shout = outcome(0, assign(0, "shout"));
  EXPECT_EQ(shout.status, ExitStatus::Success) << shout.response;
  EXPECT_EQ(shout.response, "got it got it done");
  EXPECT_EQ(outcome(0, assign(0, "end all")).signal, SIGKILL);
  EXPECT_EQ(instance.workerPid(0), worker);
}

TEST_F(ProcessesTest, SendTermOnceToEachProcessOfAProgram) {
  const TempDir folder;
  const std::string note = " trap 'echo told >>" + (folder / "told").string() + "; wait; exit' TERM; echo ready >>" +
                           (folder / "ready").string() + "; while :; do sleep 0.01; done";
  addScript("pair", "(" + note + ") & " + note);
  instance.options.killGrace = 20s;
  start();
  const auto pair = assign(0, "pair");
  ASSERT_TRUE(waitUntil([&] { return readWholeFile(folder / "ready") == "ready\nready\n"; }));
  instance.link->slot(0).assignments().requestStop(pair, link::StopReason::Cancel, "a test");
  EXPECT_EQ(instance.verdict(0, pair).reason, link::StopReason::Cancel);
  EXPECT_EQ(readWholeFile(folder / "told"), "told\ntold\n");
}

TEST_F(ProcessesTest, EndTheProgramOfAKilledWorker) {
  const TempDir folder;
  addScript("pair", "sleep 1000 & echo $! $$ >" + (folder / "pids.new").string() + "; mv " +
                        (folder / "pids.new").string() + " " + (folder / "pids").string() + "; wait");
  start();
  const auto pair = assign(0, "pair");
  ASSERT_TRUE(waitUntil([&] { return std::filesystem::exists(folder / "pids"); }));
  int child = 0, parent = 0;
  std::ifstream(folder / "pids") >> child >> parent;
  ::kill(instance.workerPid(0), SIGKILL);
  EXPECT_EQ(instance.verdict(0, pair).signal, SIGKILL);
  EXPECT_FALSE(isRunning(parent));
  EXPECT_FALSE(isRunning(child));
}

TEST_F(ProcessesTest, LeaveNoDescendantAtTheTimeLimit) {
  start();
  const auto family = assign(0, "family", 300ms);
  EXPECT_EQ(instance.verdict(0, family).reason, link::StopReason::TimeLimit);
  ASSERT_EQ(instance.notes->pidCount, 5);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(isAlive(instance.notes->pids[static_cast<std::size_t>(i)])) << i;
}

TEST_F(ProcessesTest, SurviveTasksThatForkAndTasksThatUseUpDescriptors) {
  start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(outcome(0, assign(0, "twice")).status, ExitStatus::Success);
  EXPECT_EQ(outcome(0, assign(0, "fill")).status, ExitStatus::Success);
  EXPECT_EQ(outcome(0, assign(0, "noop")).status, ExitStatus::Success);
}

TEST_F(ProcessesTest, LoseNoTaskWhenAWorkerIsKilledAgainAndAgain) {
  start();
  int died = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::size_t> cells;
    for (int i = 0; i < 64; ++i) cells.push_back(assign(0, "noop"));
    ::kill(instance.workerPid(0), SIGKILL);
    for (const auto cell : cells) {
      ASSERT_TRUE(waitUntil([&] {
        return instance.state(0, cell) == link::CellState::Done || instance.state(0, cell) == link::CellState::Died;
      }));
      died += instance.state(0, cell) == link::CellState::Died;
      instance.settle(0, cell);
    }
  }
  EXPECT_LE(died, 30) << "at most one task with each worker";
}

TEST_F(ProcessesTest, NeverBeginATaskThatWasTakenBack) {
  start();
  auto& slot = instance.link->slot(0);
  int done = 0, takenBack = 0;
  ASSERT_TRUE(waitUntil([&] { return instance.isReady(0); }));
  for (int round = 0; round < 200; ++round) {
    std::vector<std::size_t> cells;
    for (int i = 0; i < 32; ++i) cells.push_back(assign(0, "noop"));
    while (!cells.empty()) {
      const auto word = slot.word(cells.back());
      if (word.state != link::CellState::Assigned || !slot.change(cells.back(), word, word.freed())) break;
      cells.pop_back();
      instance.unassign(0);
      ++takenBack;
    }
    for (const auto cell : cells) {
      ASSERT_EQ(outcome(0, cell).status, ExitStatus::Success);
      instance.settle(0, cell);
      ++done;
    }
  }
  EXPECT_EQ(done + takenBack, 200 * 32);
}

TEST_F(ProcessesTest, LetARunningTaskFinishWhenEveryProcessGetsTerm) {
  start();
  assign(0, "stay");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  const int worker = instance.workerPid(0);
  for (const int pid : {instance.masterPid, instance.dispatcherPid(), worker, instance.workerPid(1)})
    ::kill(pid, SIGTERM);
  ASSERT_TRUE(waitUntil([&] { return instance.link->page().stopping == link::ShutdownStage::Drain; }));
  EXPECT_EQ(instance.state(0, 0), link::CellState::Executing);
  EXPECT_EQ(instance.workerPid(0), worker);
  instance.notes->number = 1;
  EXPECT_EQ(instance.end(), link::InstanceEnd::Stopped);
}

TEST_F(ProcessesTest, EndSoonAfterTheMasterIsKilled) {
  start();
  assign(0, "hang");
  ASSERT_TRUE(instance.reaches(0, 0, link::CellState::Executing));
  const std::vector<int> pids{instance.workerPid(0), instance.workerPid(1), instance.dispatcherPid()};
  instance.killMaster();
  EXPECT_TRUE(waitUntil([&] { return std::ranges::none_of(pids, &isRunning); }));
}

}  // namespace
}  // namespace leptir
