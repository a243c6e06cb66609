// Rows P01, P08, P12, P14 and P18 of docs/design.md: faults of workers.
#include <csignal>

#include "tests/chaos/cgroup.h"
#include "tests/chaos/fault_fixture.h"
#include "tests/chaos/processes.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

class Workers : public FaultFixture {
 protected:
  // Milliseconds from the start of the task's first run to the death of its process.
  double livedMs(const std::string& id) {
    for (const auto& line : ledger()) {
      if (line.mark != Mark::Start || line.id != id) continue;
      const auto dead = deaths->lastSeenAlive();
      const auto found = dead.find(line.pid);
      return found == dead.end() ? 1e9 : static_cast<double>(found->second - line.bootNs) / 1e6;
    }
    return 1e9;
  }
  bool hasStarted(const std::string& id) const {
    const auto lines = ledger();
    return std::ranges::any_of(lines, [&](const auto& line) { return line.mark == Mark::Start && line.id == id; });
  }
  pid_t runnerOf(const std::string& id) const {
    pid_t pid = 0;
    for (const auto& line : ledger()) {
      if (line.id == id && line.mark == Mark::Start) pid = line.pid;
    }
    return pid;
  }
};

LEPTIR_CHAOS_ROWS(Workers);

TEST_P(Workers, P01_AreKilledAtAnyTimeAndOnlyTheirRunningTasksRunAgain) {
  pushAndLog("work", 1500, {{"ms", 8}});
  const auto instance = startUntilReady();
  std::size_t kills = 0;
  while (!isDrained()) {
    if (const auto worker = anyWorkerOf(instance->pid()); worker != 0 && startsSeen() < 1500) {
      ::kill(worker, SIGKILL);
      ++kills;
    }
    pauseFor(100ms);
  }
  stop(*instance);
  const auto found = checkEvidence();
  EXPECT_LE(found.duplicates, kills);
  EXPECT_GT(kills, 5u);
  for (const auto ms : recoveries) EXPECT_LE(ms, 1000);
}

TEST_P(Workers, P08_ThatStandStillAreEndedAtTheLimitAndTheOthersGoOn) {
  PushOptions limited;
  limited.timeLimitSeconds = 1;
  const auto stopped = pushAndLog("work", 1, {{"ms", 600'000}}, limited).front();
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return hasStarted(stopped); }));
  ::kill(runnerOf(stopped), SIGSTOP);
  const auto others = pushAndLog("work", 300, {{"ms", 10}});
  const auto began = bootNsNow();
  ASSERT_TRUE(eventually([&] { return endsSeen() == others.size(); }));
  EXPECT_LE(msSince(began), 300 * 10 / 3 * 2) << "three workers are left";
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  checkEvidence();
  EXPECT_LE(livedMs(stopped), 1000 + 200 + 200);
  EXPECT_GE(livedMs(stopped), 950);
  const auto record = info(stopped);
  EXPECT_EQ(record.at("status"), 3);
  EXPECT_EQ(record.at("retC"), 5);
  EXPECT_EQ(record.at("cause"), "timed_out");
  EXPECT_EQ(record.at("signal"), SIGKILL);
  EXPECT_GE(record.at("exTime").get<double>(), 0.95);
  EXPECT_LE(record.at("exTime").get<double>(), 1.4);
}

TEST_P(Workers, P12_ThatDieAtTheirStartAreNotStartedInATightLoop) {
  set({.workers = 1});
  const auto starts = folder / "starts";
  ::setenv("LEPTIR_CHAOS_STARTS", starts.c_str(), 1);
  pushAndLog("work", 1);
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return !readLedger(starts).empty(); }));
  const auto first = bootNsNow();
  bool wasReady = false;
  while (msSince(first) < 10'000) {
    const auto now = status();
    wasReady |= !now.at("instance").is_null() && now["instance"]["ready"] == true;
    pauseFor(500ms);
  }
  EXPECT_LE(readLedger(starts).size(), 10u);
  EXPECT_FALSE(wasReady);
  EXPECT_LT(cpuSecondsOf(instance->pid()), 0.1) << "one per cent of ten seconds";
  stop(*instance);
  ::unsetenv("LEPTIR_CHAOS_STARTS");
  finish();
  checkEvidence();
}

TEST_P(Workers, P14_WhoseTaskIgnoresEverySignalAreKilledAfterTheGrace) {
  PushOptions limited;
  limited.timeLimitSeconds = 1;
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(pushAndLog("stubborn", 1, {}, limited).front());
  const auto after = pushAndLog("work", 1).front();
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  checkEvidence();
  double last = 0;
  for (const auto& id : ids) {
    EXPECT_LE(livedMs(id), 1000 + 200 + 200);
    last = std::max(last, livedMs(id));
  }
  EXPECT_TRUE(hasStarted(after));
}

TEST_P(Workers, P18_HaveTheHighestOomScoreAndTheirDeathCountsAsOneCrash) {
  const auto id = pushAndLog("work", 1, {{"ms", 500}}).front();
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return hasStarted(id); }));
  const auto master = oomScoreOf(instance->pid());
  EXPECT_EQ(oomScoreOf(dispatcherOf(instance->pid())), master);
  for (const auto worker : workersOf(instance->pid())) EXPECT_EQ(oomScoreOf(worker), std::min(master + 500, 1000));
  ::kill(runnerOf(id), SIGKILL);
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  EXPECT_TRUE(isAlive(instance->pid()));
  EXPECT_EQ(info(id).at("attempt"), 2);
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 1u);
}

TEST_P(Workers, P18_AreKilledByTheOomKillerAndTheRecordSaysSo) {
  const auto group = Cgroup::make("memory");
  if (!group || !group->limitMemory(256 << 20)) {
    std::cout << "P18: not played; no memory cgroup can be made here, and without one the machine runs out of memory\n";
    return;
  }
  const auto hog = pushAndLog("hog", 1, {{"mib", 4096}}).front();
  const auto others = pushAndLog("work", 300, {{"ms", 10}});
  std::unique_ptr<e2e::StartedInstance> instance;
  group->inside([&] { instance = start(); });
  waitUntilReady(*instance);
  const auto dispatcher = dispatcherOf(instance->pid());
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  EXPECT_EQ(dispatcherOf(instance->pid()), dispatcher);
  EXPECT_EQ(endsSeen(), others.size());
  EXPECT_EQ(counts().buried, 1u) << "it died three times";
  EXPECT_EQ(info(hog).at("cause"), "out_of_memory");
  EXPECT_EQ(info(hog).at("signal"), SIGKILL);
  EXPECT_EQ(info(hog).at("respM").get<std::string>().find("out of memory"), 0u) << info(hog).dump();
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 2u);
}

}  // namespace
}  // namespace leptir::chaos
