// Rows P13, P15 to P17 and P19 of docs/design.md: tasks that harm their worker or the machine.
#include <csignal>
#include <fstream>
#include <map>
#include <set>

#include "tests/chaos/cgroup.h"
#include "tests/chaos/families.h"
#include "tests/chaos/fault_fixture.h"
#include "tests/chaos/processes.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

class Tasks : public FaultFixture {
 protected:
  int runsOf(const std::string& id) const {
    const auto lines = ledger();
    return static_cast<int>(
        std::ranges::count_if(lines, [&](const auto& line) { return line.mark == Mark::Start && line.id == id; }));
  }
  std::vector<pid_t> childrenInLedger() const {
    std::vector<pid_t> children;
    for (const auto& line : ledger()) {
      if (line.mark == Mark::Child) children.push_back(line.pid);
    }
    return children;
  }
  // Pushes one task for each way of starting processes (families.h).
  void startFamilies(const std::string& then, const PushOptions& options = {}) {
    std::size_t births = 0;
    for (const auto& way : waysOfFamilies()) {
      pushAndLog("family", 1, {{"way", way}, {"then", then}}, options);
      births += way == "many" ? 50 : 1;
    }
    families = births;
  }
  bool allBorn() const { return childrenInLedger().size() >= families; }
  // Milliseconds until no process of the families is left.
  double msUntilNoneIsLeft() {
    const auto began = bootNsNow();
    EXPECT_TRUE(eventually(
        [&] { return std::ranges::none_of(childrenInLedger(), [](pid_t child) { return isAlive(child); }); }));
    return msSince(began);
  }

  std::size_t families = 0;
};

LEPTIR_CHAOS_ROWS(Tasks);

TEST_P(Tasks, P13_ThatKillTheirWorkerAreBuriedAfterThreeDeathsAndTheOthersGoOn) {
  const std::vector<std::string> ways{"segv", "abort", "exit_well", "longjmp", "overflow", "noexcept", "_exit"};
  std::map<std::string, std::string> poison;
  for (const auto& way : ways) poison[way] = pushAndLog("poison", 1, {{"way", way}}).front();
  const auto others = pushAndLog("work", 300, {{"ms", 5}});
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  EXPECT_EQ(counts().buried, ways.size());
  for (const auto& [way, id] : poison) EXPECT_EQ(runsOf(id), 3) << way;
  EXPECT_EQ(endsSeen(), others.size());
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 2 * ways.size());
}

TEST_P(Tasks, P15_LeaveNoDescendantAtTheirTimeLimit) {
  set({.workers = 7});
  PushOptions limited;
  limited.timeLimitSeconds = 1;
  startFamilies("hang", limited);
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return allBorn(); }));
  ASSERT_TRUE(eventually([&] { return isDrained(); })) << "they are settled at their limit";
  EXPECT_TRUE(std::ranges::none_of(childrenInLedger(), [](pid_t child) { return isAlive(child); }))
      << "a task is settled only when its descendants are gone";
  const auto dead = deaths->lastSeenAlive();
  std::map<std::string, std::int64_t> began;
  for (const auto& line : ledger()) {
    if (line.mark == Mark::Start) began[line.id] = line.bootNs;
    if (line.mark != Mark::Child) continue;
    ASSERT_TRUE(dead.contains(line.pid));
    EXPECT_LE(dead.at(line.pid) - began[line.id], 1'400'000'000) << "its limit, the grace, and 0.2 s";
  }
  stop(*instance);
  checkEvidence();
}

TEST_P(Tasks, P15_MayLeaveChildrenOnlyUntilTheInstanceEnds) {
  set({.workers = 7});
  startFamilies("end");
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return allBorn() && isDrained(); }));
  stop(*instance);
  EXPECT_LE(msUntilNoneIsLeft(), 1000);
  checkEvidence();
}

TEST_P(Tasks, P15_LeaveNoDescendantWhenTheirWorkerIsKilled) {
  set({.workers = 7});
  startFamilies("hang");
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return allBorn(); }));
  std::set<pid_t> workers;
  for (const auto& line : ledger()) {
    if (line.mark == Mark::Start) workers.insert(line.pid);
  }
  const auto born = childrenInLedger();
  for (const auto worker : workers) ::kill(worker, SIGKILL);
  const auto began = bootNsNow();
  EXPECT_TRUE(eventually([&] { return std::ranges::none_of(born, [](pid_t child) { return isAlive(child); }); }));
  noteRecovery(msSince(began));
  EXPECT_LE(recoveries.back(), 2000);
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
  checkEvidence();
}

TEST_P(Tasks, P15_LeaveNoDescendantWhenTheMasterIsKilledAndAnotherStarts) {
  set({.workers = 7});
  startFamilies("hang");
  auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return allBorn(); }));
  const auto born = childrenInLedger();
  instance->signal(SIGKILL);
  instance->waitForExit();
  const auto before = startsSeen();
  instance = startUntilReady();
  EXPECT_TRUE(eventually([&] { return std::ranges::none_of(born, [](pid_t child) { return isAlive(child); }); }, 5s));
  EXPECT_TRUE(eventually([&] { return startsSeen() == 2 * before; })) << "the tasks of the dead instance run again";
  instance->signal(SIGQUIT);
  EXPECT_EQ(instance->waitForExit(), 0);
  checkEvidence();
}

TEST_P(Tasks, P15_LeaveNoDescendantWhenTheMasterIsKilledAndAnotherStartsOnAnotherStore) {
  set({.workers = 7});
  startFamilies("hang");
  auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return allBorn(); }));
  instance->signal(SIGKILL);
  instance->waitForExit();
  std::ifstream stream(config);
  const std::string before{std::istreambuf_iterator<char>(stream), {}};
  auto yaml = before;
  yaml.replace(yaml.find(store.here), store.here.size(), store.elsewhere);
  writeConfig(yaml);
  instance = startUntilReady();
  EXPECT_LE(msUntilNoneIsLeft(), 1000) << "found by the status board that the dead instance left";
  stop(*instance);
  writeConfig(before);
  checkEvidence();
}

TEST_P(Tasks, P16_ThatAreForkBombsEndAtTheirLimitAndTheOthersGoOn) {
  const auto group = Cgroup::make("pids");
  if (!group || !group->limitProcesses(200)) {
    std::cout << "P16: not played; no pids cgroup can be made here, and without one nothing bounds a fork bomb\n";
    return;
  }
  PushOptions limited;
  limited.timeLimitSeconds = 2;
  const auto bomb = pushAndLog("bomb", 1, {}, limited).front();
  const auto others = pushAndLog("work", 300, {{"ms", 10}});
  std::unique_ptr<e2e::StartedInstance> instance;
  group->inside([&] { instance = start(); });
  waitUntilReady(*instance);
  ASSERT_TRUE(eventually([&] { return runsOf(bomb) == 1; }));
  const auto began = bootNsNow();
  ASSERT_TRUE(eventually([&] { return endsSeen() == others.size(); })) << "they run beside the fork bomb";
  while (info(bomb).value("status", 0) != 3) {
    const auto asked = bootNsNow();
    EXPECT_FALSE(status().at("instance").is_null());
    EXPECT_LE(msSince(asked), 1000);
    ASSERT_LE(msSince(began), 2000 + 5000) << "none may be left 5 s after the limit";
    pauseFor(100ms);
  }
  EXPECT_LE(treeBelow(instance->pid()).size(), 1u + 4 + 1) << "the dispatcher, four workers, a CrashSymbolizer";
  EXPECT_EQ(info(bomb).at("cause"), "timed_out");
  stop(*instance);
  checkEvidence();
}

TEST_P(Tasks, P17_ThatTakeTooMuchMemoryFailAlone) {
  set({.tasks = "{ hog: { memory: 256M } }"});
  const auto hogs = pushAndLog("hog", 3, {{"mib", 4096}});
  pushAndLog("work", 200, {{"ms", 5}});
  const auto instance = startUntilReady();
  const auto before = privateKilobytesOf(instance->pid());
  const auto dispatcher = dispatcherOf(instance->pid());
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  EXPECT_EQ(dispatcherOf(instance->pid()), dispatcher);
  growth.push_back({"the master", 0, 0, before, privateKilobytesOf(instance->pid()), 1024});
  for (const auto& id : hogs) {
    EXPECT_NE(info(id).at("retC"), 1);
    EXPECT_EQ(runsOf(id), 1);
  }
  EXPECT_EQ(endsSeen(), 200u);
  stop(*instance);
  checkEvidence();
}

TEST_P(Tasks, P19_ThatDamageTheirWorkerHarmNoOtherTask) {
  pushAndLog("work", 500, {{"ms", 5}});
  for (const auto* way : {"close", "garbage", "truncate", "scribble", "wipe", "mask", "twice", "unwaited", "fill"}) {
    pushAndLog("vandal", 2, {{"way", way}});
    pushAndLog("work", 50, {{"ms", 5}});
  }
  const auto instance = startUntilReady();
  const auto dispatcher = dispatcherOf(instance->pid());
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  EXPECT_TRUE(isAlive(instance->pid()));
  EXPECT_EQ(dispatcherOf(instance->pid()), dispatcher);
  EXPECT_TRUE(eventually([&] { return workersOf(instance->pid()).size() == 4; }));
  const auto afterwards = pushAndLog("work", 40, {{"ms", 5}});
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  for (const auto& id : afterwards) EXPECT_EQ(runsOf(id), 1);
  stop(*instance);
  checkEvidence();
}

}  // namespace
}  // namespace leptir::chaos
