// Rows P03, P04, P06, P07, P09 and P10 of docs/design.md: faults of the master, and of all processes at once.
#include <csignal>

#include "tests/chaos/fault_fixture.h"
#include "tests/chaos/processes.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

// The largest number of finished tasks that are not acknowledged yet.
constexpr std::size_t kUnacknowledged = 256;

class Master : public FaultFixture {
 protected:
  // Kills an instance by `kill` at a random moment, waits until no process is left, starts another and lets it run all
  // tasks.
  void killAndReturn(const std::function<void(pid_t master)>& kill) {
    pushAndLog("work", 300, {{"ms", 10}});
    for (int round = 0; round < 2; ++round) {
      auto instance = startUntilReady();
      pauseFor(milliseconds(random(20, 300)));
      kill(instance->pid());
      instance->waitForExit();
      const auto dead = bootNsNow();
      EXPECT_TRUE(allGone(1s)) << "no process may outlive the master by more than a second";
      noteRecovery(msSince(dead));
    }
    const auto before = startsSeen();
    const auto returned = bootNsNow();
    const auto instance = start({"--drain"});
    EXPECT_TRUE(eventually([&] { return startsSeen() > before || isDrained(); }));
    EXPECT_LE(msSince(returned), longestTakeOver().count());
    EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
    EXPECT_LE(checkEvidence().duplicates, 2 * (kWorkers + kUnacknowledged));
  }

  // Stops an instance under load by `tell`: it must end in time with status 0, and the remaining tasks run afterwards.
  void stopUnderLoad(const std::function<void(pid_t master)>& tell) {
    set({.daemon = "shutdown_grace: 2"});
    pushAndLog("work", 400, {{"ms", 10}});
    pushAndLog("work", 4, {{"ms", 300}});
    for (int round = 0; round < 2; ++round) {
      const auto instance = startUntilReady();
      pauseFor(milliseconds(random(0, 300)));
      const auto told = bootNsNow();
      tell(instance->pid());
      EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
      noteRecovery(msSince(told));
      EXPECT_LE(recoveries.back(), 2000 + 1000);
      EXPECT_TRUE(processesLeft().empty());
    }
    finish();
    EXPECT_EQ(checkEvidence().duplicates, 0u);
    expectFirstAttempts();
  }

  // Every task ran in its first attempt: tasks that had not begun went back to the queue unchanged.
  void expectFirstAttempts() {
    for (const auto& [id, record] : recordsOfPushed()) ASSERT_EQ(record.at("attempt"), 1) << id;
  }

  // The process that ran the task last, by the ledger; 0: it has not begun.
  pid_t runnerOf(const std::string& id) const {
    pid_t pid = 0;
    for (const auto& line : ledger()) {
      if (line.id == id && line.mark == Mark::Start) pid = line.pid;
    }
    return pid;
  }
};

LEPTIR_CHAOS_ROWS(Master);

TEST_P(Master, P03_IsKilledAndItsProcessesEndAndItsTasksRunAgain) {
  killAndReturn([](pid_t master) { ::kill(master, SIGKILL); });
}

TEST_P(Master, P04_IsKilledTogetherWithAllOtherProcesses) {
  killAndReturn([](pid_t master) {
    auto all = treeBelow(master);
    all.push_back(master);
    for (const auto pid : all) ::kill(pid, SIGKILL);
  });
}

TEST_P(Master, P06_StandsStillAndTasksOverTheirLimitEndRightAfterwards) {
  PushOptions limited;
  limited.timeLimitSeconds = 2;
  const auto hanging = pushAndLog("stubborn", 1, {}, limited).front();
  pushAndLog("work", 2000, {{"ms", 10}});
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return runnerOf(hanging) != 0; }));
  const auto hung = runnerOf(hanging);
  ::kill(instance->pid(), SIGSTOP);
  pauseFor(6500ms);
  const auto starts = startsSeen();
  pauseFor(500ms);
  EXPECT_LE(startsSeen(), starts + kWorkers) << "nothing is assigned while the master's beat is old";
  ::kill(instance->pid(), SIGCONT);
  const auto goesOn = bootNsNow();
  ASSERT_TRUE(eventually([&] { return !isAlive(hung); }));
  noteRecovery(msSince(goesOn));
  EXPECT_LE(recoveries.back(), 250 + 200) << "250 ms, and the grace";
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 0u);
}

TEST_P(Master, P07_AndAllOtherProcessesStandStillWhileASecondInstanceRuns) {
  PushOptions limited;
  limited.timeLimitSeconds = 2;
  const auto hanging = pushAndLog("stubborn", 1, {}, limited).front();
  pushAndLog("work", 300, {{"ms", 10}});
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return runnerOf(hanging) != 0; }));
  const auto hung = runnerOf(hanging);
  auto all = treeBelow(instance->pid());
  all.push_back(instance->pid());
  ASSERT_NO_FATAL_FAILURE(standStill(all));
  const auto stands = bootNsNow();
  const auto first = config;
  config = folder / "second.yaml";
  fs::copy_file(first, config);
  const auto second = startUntilReady();
  pushAndLog("work", 100, {{"ms", 10}});
  pauseFor(longStandstill());
  noteStandstill(all, stands);
  for (const auto pid : all) ::kill(pid, SIGCONT);
  const auto goesOn = bootNsNow();
  ASSERT_TRUE(eventually([&] { return !isAlive(hung); }));
  noteRecovery(msSince(goesOn));
  EXPECT_LE(recoveries.back(), 250 + 200) << "250 ms, and the grace";
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*second);
  config = first;
  stop(*instance);
  EXPECT_LE(checkEvidence().duplicates, sessionsExpire() ? 2 * kWorkers : 0)
      << "running tasks, and those assigned behind";
}

TEST_P(Master, P09_GetsTermAgainAndAgainUnderLoad) {
  stopUnderLoad([](pid_t master) {
    ::kill(master, SIGTERM);
    for (int more = 0; more < 2; ++more) {
      pauseFor(5ms);
      ::kill(master, SIGTERM);
    }
  });
}

TEST_P(Master, P10_AndEveryOtherProcessGetTermAtOnce) {
  stopUnderLoad([](pid_t master) {
    auto all = treeBelow(master);
    all.insert(all.begin(), master);
    for (const auto pid : all) ::kill(pid, SIGTERM);
  });
}

}  // namespace
}  // namespace leptir::chaos
