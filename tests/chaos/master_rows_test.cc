// Rows P3, P4, P6, P7, P9, P10: what happens to the master, and to all at once.
#include <csignal>

#include "tests/chaos/arena.h"
#include "tests/chaos/processes.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

constexpr std::size_t kWorkers = 4;
// Outcomes that were not acknowledged yet.
constexpr std::size_t kUnacknowledged = 256;

class Master : public Arena {
 protected:
  // Kills as `kill` does, at some moment, waits until nothing is left, starts anew, lets it finish.
  void killAndReturn(const std::function<void(pid_t master)>& kill) {
    give("work", 300, {{"ms", 10}});
    for (int round = 0; round < 2; ++round) {
      auto instance = fly();
      pauseFor(milliseconds(random(20, 300)));
      kill(instance->pid());
      instance->waitForExit();
      const auto dead = bootNsNow();
      EXPECT_TRUE(allGone(1s)) << "none outlives the master by more than a second";
      recovered(msSince(dead));
    }
    const auto before = startsSeen();
    const auto returned = bootNsNow();
    const auto instance = start({"--drain"});
    EXPECT_TRUE(eventually([&] { return startsSeen() > before || isDrained(); }));
    EXPECT_LE(msSince(returned), longestTakeOver().count());
    EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
    EXPECT_LE(judge().duplicates, 2 * (kWorkers + kUnacknowledged));
  }

  // Tells `who` of the whole tree to stop while it works; it ends well and in time, and the rest runs afterwards.
  void stopUnderLoad(const std::function<void(pid_t master)>& tell) {
    set({.daemon = "shutdown_grace: 2"});
    give("work", 400, {{"ms", 10}});
    give("work", 4, {{"ms", 300}});
    for (int round = 0; round < 2; ++round) {
      const auto instance = fly();
      pauseFor(milliseconds(random(0, 300)));
      const auto told = bootNsNow();
      tell(instance->pid());
      EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
      recovered(msSince(told));
      EXPECT_LE(recoveries.back(), 2000 + 1000);
      EXPECT_TRUE(processesLeft().empty());
    }
    finish();
    EXPECT_EQ(judge().duplicates, 0u);
    expectFirstAttempts();
  }

  // What never began went back as it came.
  void expectFirstAttempts() {
    const auto read = loadConfig(config);
    auto records = openMetaStorage(*read);
    for (const auto& id : readPushLog(folder / "pushes").acknowledged) {
      const auto record = records->loadMetaInfoById(id);
      ASSERT_TRUE(record) << id;
      ASSERT_EQ(record->at("attempt"), 1) << id;
    }
  }

  // Whoever stands in the ledger as the process of this task.
  pid_t runnerOf(const std::string& id) const {
    pid_t pid = 0;
    for (const auto& line : ledger()) {
      if (line.id == id && line.mark == Mark::Start) pid = line.pid;
    }
    return pid;
  }
};

LEPTIR_CHAOS_ROWS(Master);

TEST_P(Master, P03_IsKilledAndEverythingOfItIsGoneAndComesBack) {
  killAndReturn([](pid_t master) { ::kill(master, SIGKILL); });
}

TEST_P(Master, P04_IsKilledTogetherWithAllOthers) {
  killAndReturn([](pid_t master) {
    auto all = treeBelow(master);
    all.push_back(master);
    for (const auto pid : all) ::kill(pid, SIGKILL);
  });
}

TEST_P(Master, P06_StandsStillAndNothingIsRepeatedAndWhatIsOverTimeEndsRightAfterwards) {
  PushOptions limited;
  limited.timeLimitSeconds = 2;
  const auto hanging = give("stubborn", 1, {}, limited).front();
  give("work", 2000, {{"ms", 10}});
  const auto instance = fly();
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
  recovered(msSince(goesOn));
  EXPECT_LE(recoveries.back(), 250 + 200) << "at once, and the grace";
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(judge().duplicates, 0u);
}

TEST_P(Master, P07_AndAllOthersStandStillWhileASecondInstanceRuns) {
  PushOptions limited;
  limited.timeLimitSeconds = 2;
  const auto hanging = give("stubborn", 1, {}, limited).front();
  give("work", 300, {{"ms", 10}});
  const auto instance = fly();
  ASSERT_TRUE(eventually([&] { return runnerOf(hanging) != 0; }));
  const auto hung = runnerOf(hanging);
  auto all = treeBelow(instance->pid());
  all.push_back(instance->pid());
  for (const auto pid : all) ::kill(pid, SIGSTOP);
  const auto stands = bootNsNow();
  const auto first = config;
  config = folder / "second.yaml";
  fs::copy_file(first, config);
  const auto second = fly();
  give("work", 100, {{"ms", 10}});
  pauseFor(longStandstill());
  noteStandstill(all, stands);
  for (const auto pid : all) ::kill(pid, SIGCONT);
  const auto goesOn = bootNsNow();
  ASSERT_TRUE(eventually([&] { return !isAlive(hung); }));
  recovered(msSince(goesOn));
  EXPECT_LE(recoveries.back(), 250 + 200) << "at once, and the grace";
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*second);
  config = first;
  stop(*instance);
  EXPECT_LE(judge().duplicates, sessionsExpire() ? 2 * kWorkers : 0) << "what ran, and what stood behind it";
}

TEST_P(Master, P09_IsToldToStopUnderLoadAgainAndAgain) {
  stopUnderLoad([](pid_t master) {
    ::kill(master, SIGTERM);
    for (int more = 0; more < 2; ++more) {
      pauseFor(5ms);
      ::kill(master, SIGTERM);
    }
  });
}

TEST_P(Master, P10_AndEveryOtherProcessAreToldToStopAtOnce) {
  stopUnderLoad([](pid_t master) {
    auto all = treeBelow(master);
    all.insert(all.begin(), master);
    for (const auto pid : all) ::kill(pid, SIGTERM);
  });
}

}  // namespace
}  // namespace leptir::chaos
