// Rows P01, P02, P03 and P13 at each failpoint: the process that passes it ends at once. No task may be lost, and no
// more runs may be repeated than the failpoint allows.
#include "tests/chaos/failpoints.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "base/exit_code.h"
#include "tests/chaos/fault_fixture.h"
#include "tests/support/folders.h"

namespace leptir::chaos {
namespace {

using e2e::eventually;

TEST(TheListOfFailpoints, NamesEachFailpointOfTheSourcesOnce) {
  std::multiset<std::string> inSources, listed;
  const std::regex place("LEPTIR_FAILPOINT\\(\"([a-z_.]+)\"\\)");
  for (const auto& entry : fs::recursive_directory_iterator(sourceFolder() / "src")) {
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      if (std::smatch found; std::regex_search(line, found, place)) inSources.insert(found[1]);
    }
  }
  for (const auto& point : allFailpoints()) listed.insert(point.name);
  EXPECT_EQ(inSources, listed);
}

class Failpoints : public FaultFixture {
 protected:
  Failpoints() { program = buildFolder() / "chaos_failing"; }

  // Configures two meta storages, one in the store of the broker and one elsewhere, so that both the feeder and a meta
  // writer save records.
  void setTwoStorages() {
    set({.workers = 2, .tasks = "{ fail: { retry_delay: 0.05 } }"});
    std::ifstream stream(config);
    std::string yaml{std::istreambuf_iterator<char>(stream), {}};
    const std::string before = "  loggers:";
    yaml.insert(yaml.find(before), "    - { name: other, " + store.elsewhere + " }\n");
    writeConfig(yaml);
  }

  // Failpoints in the code of the test's backend, or in all code that no backend owns.
  enum class Code { OfTheStore, Common };

  void each(FailpointProcess who, Code code, const std::function<void(const Failpoint&)>& play) {
    setTwoStorages();
    for (const auto& point : allFailpoints()) {
      if (point.who != who || !isOfThisBackend(point) || HasFatalFailure()) continue;
      if (isOfTheStore(point) != (code == Code::OfTheStore)) continue;
      SCOPED_TRACE(point.name);
      const auto before = repeats();
      const auto began = bootNsNow();
      play(point);
      std::cout << point.name << ": " << msSince(began) << " ms\n";
      const auto found = check(evidence());
      EXPECT_TRUE(found.clean()) << found.describe() << folder;
      EXPECT_TRUE(fs::exists(fired)) << "the failpoint was not passed";
      EXPECT_LE(repeats() - before, allowed(point));
    }
    checkEvidence();
  }

  // Whether the failpoint can be passed on this backend: it is not one of another backend.
  bool isOfThisBackend(const Failpoint& point) const {
    if (point.needs == FailpointCondition::AnOrder && !GetParam().keepsFleet) return false;
    return std::ranges::none_of(chaosBackends(), [&](const auto& backend) {
      return backend.name != GetParam().name && point.name.starts_with(backend.name + ".");
    });
  }

  bool isOfTheStore(const Failpoint& point) const { return point.name.starts_with(GetParam().name + "."); }

  void choose(const Failpoint& point) {
    fired = folder / ("fired." + point.name);
    const auto nth = std::to_string(random(1, point.most));
    ::setenv("LEPTIR_FAILPOINT", (point.name + ":" + nth + ":exit:" + fired.string()).c_str(), 1);
  }
  static void chooseNothing() { ::unsetenv("LEPTIR_FAILPOINT"); }

  std::unique_ptr<e2e::StartedInstance> startWith(const Failpoint& point) {
    choose(point);
    auto instance = start();
    chooseNothing();
    return instance;
  }

  void giveWhatItNeeds(const Failpoint& point) {
    pushAndLog("work", 40, {{"ms", 2}, {"log", 1}});
    if (point.needs == FailpointCondition::ADeadSession) return leaveADeadSession();
    PushOptions twice;
    twice.maxAttempts = 2;
    if (point.needs == FailpointCondition::ADeath) poison.insert(pushAndLog("poison", 1, {{"way", "_exit"}}).front());
    if (point.needs == FailpointCondition::ABurial) poison.insert(pushAndLog("fail", 1, Json::object(), twice).front());
  }

  void leaveADeadSession() {
    pushAndLog("work", 100, {{"ms", 20}});
    const auto instance = startUntilReady();
    EXPECT_TRUE(eventually([&] { return counts().leased > 0; }));
    instance->signal(SIGKILL);
    instance->waitForExit();
  }

  // Orders a reload, as an operator on another machine does.
  void orderAReload() {
    waitUntilRunning();
    const auto session = status()["instance"]["session"].get<std::string>();
    EXPECT_TRUE(eventually([&] {
      const auto ordered = leptir({"reload", "--instance=" + session});
      return ordered.exit == base::kExitDone || ordered.exit == base::kExitPartlyDone;
    })) << "the instance shows itself to operators";
  }

  int reloadsSoFar() const {
    int reloads = 0;
    std::ifstream log(folder / "leptir.log");
    for (std::string line; std::getline(log, line);)
      reloads += line.find("The configuration is read again") != std::string::npos ? 1 : 0;
    return reloads;
  }

  // Whether all tasks are settled. A crashing task may still wait 5 s for its retry if the failpoint needed one death
  // only, where the evidence can find it.
  bool isDone(const Failpoint& point) {
    const auto now = counts();
    const std::uint64_t mayWait = point.needs == FailpointCondition::ADeath && GetParam().findsById ? 1 : 0;
    return now.due + now.leased == 0 && now.scheduled <= mayWait;
  }

  // Waits until the failpoint was passed. A slow machine may settle the first tasks in too few batches; then more are
  // pushed.
  bool isPassedInTheEnd(const Failpoint& point) {
    return eventually([&] {
      if (fs::exists(fired)) return true;
      if (isDone(point)) pushAndLog("work", 8, {{"ms", 2}});
      return false;
    });
  }

  // The number of repeated runs, without those of tasks that crash or fail on purpose.
  std::size_t repeats() const {
    std::map<std::string, std::size_t> runs;
    for (const auto& line : ledger()) {
      if (line.mark == Mark::Start && !poison.contains(line.id)) ++runs[line.id];
    }
    std::size_t more = 0;
    for (const auto& [id, number] : runs) more += number - 1;
    return more;
  }

  // The number of repeated runs that a death at this failpoint may cause.
  static std::size_t allowed(const Failpoint& point) {
    constexpr std::size_t workers = 2, unacknowledged = 256;
    if (point.needs == FailpointCondition::ADeadSession) return workers + unacknowledged;
    if (point.who == FailpointProcess::Worker) return 1;
    return point.who == FailpointProcess::Master ? workers + unacknowledged : 0;
  }

  void eachOfTheDispatcher(Code code) {
    each(FailpointProcess::Dispatcher, code, [this](const Failpoint& point) {
      giveWhatItNeeds(point);
      const auto instance = startWith(point);
      if (point.needs == FailpointCondition::AnOrder) orderAReload();
      EXPECT_TRUE(eventually([&] { return isDone(point) && endsSeen() > 0; })) << instance->output();
      EXPECT_TRUE(point.needs == FailpointCondition::AStop || isPassedInTheEnd(point));
      EXPECT_TRUE(eventually([&] { return isDone(point); })) << instance->output();
      if (point.needs == FailpointCondition::AnOrder) {
        EXPECT_TRUE(eventually([&] { return reloadsSoFar() == 1; })) << instance->output();
      }
      stop(*instance);
      if (point.needs == FailpointCondition::AnOrder) {
        EXPECT_EQ(reloadsSoFar(), 1);
      }
    });
  }

  fs::path fired;
  std::set<std::string> poison;
};

// What a death of dispatchers shows: a session whose task was not begun, or only that leases end.
class FailpointsWithSessions : public Failpoints {};
class FailpointsWithoutSessions : public Failpoints {};

std::vector<Backend> backendsWithSessions() {
  auto backends = chaosBackends();
  std::erase_if(backends, [](const Backend& backend) { return !backend.keepsSessions; });
  return backends;
}

std::vector<Backend> backendsWithoutSessions() {
  auto backends = chaosBackends();
  std::erase_if(backends, [](const Backend& backend) { return backend.keepsSessions; });
  return backends;
}

LEPTIR_CHAOS_ROWS(Failpoints);
INSTANTIATE_TEST_SUITE_P(On, FailpointsWithSessions, ::testing::ValuesIn(backendsWithSessions()),
                         [](const auto& row) { return row.param.name; });
INSTANTIATE_TEST_SUITE_P(On, FailpointsWithoutSessions, ::testing::ValuesIn(backendsWithoutSessions()),
                         [](const auto& row) { return row.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FailpointsWithoutSessions);

TEST_P(Failpoints, P02_ADispatcherThatDiesAtAnyFailpointRepeatsNothing) {
  eachOfTheDispatcher(Code::Common);
}

TEST_P(Failpoints, P02_ADispatcherThatDiesAtAnyFailpointOfTheStoreRepeatsNothing) {
  eachOfTheDispatcher(Code::OfTheStore);
}

TEST_P(Failpoints, P01_AWorkerThatDiesAtAnyFailpointRepeatsAtMostItsTask) {
  each(FailpointProcess::Worker, Code::Common, [this](const Failpoint& point) {
    giveWhatItNeeds(point);
    const auto instance = startWith(point);
    EXPECT_TRUE(eventually([&] { return isDone(point) && fs::exists(fired); })) << instance->output();
    stop(*instance);
  });
}

TEST_P(Failpoints, P03_AMasterThatDiesAtAnyFailpointLosesNothing) {
  each(FailpointProcess::Master, Code::Common, [this](const Failpoint& point) {
    giveWhatItNeeds(point);
    const auto instance = startWith(point);
    EXPECT_EQ(instance->waitForExit(), 137);
    EXPECT_TRUE(allGone(std::chrono::seconds(2)));
    const auto next = startUntilReady();
    EXPECT_TRUE(eventually([&] { return isDone(point); })) << next->output();
    stop(*next);
  });
}

// The dispatcher dies after it leases the task and before the task is in a cell, so only the store knows which task it
// was.
TEST_P(FailpointsWithSessions, P13_ATaskThatKillsEachDispatcherIsFoundAndBuried) {
  ::setenv("LEPTIR_FAILPOINT", "feeder.after_pop:1:exit:", 1);
  const auto id = pushAndLog("work", 1).front();
  const auto instance = start();
  chooseNothing();
  ASSERT_TRUE(eventually([&] { return counts().buried == 1; })) << instance->output();
  EXPECT_EQ(info(id).at("state"), "buried");
  EXPECT_EQ(info(id).at("reason"), "the dispatcher died while it held this task alone; crashes so far: 3");
  EXPECT_EQ(info(id).at("cause"), "crashed") << "it has a record, so processes that wait for it end";
  EXPECT_TRUE(isDrained());
  waitUntilReady(*instance);
  stop(*instance);
  EXPECT_EQ(startsSeen(), 0u);
  checkEvidence();
}

// Each death lets a lease expire. From the second one on the task waits longer each time, so that others run meanwhile;
// after ten it is buried (SqsSessionTest, CoreTest), which takes half an hour.
TEST_P(FailpointsWithoutSessions, P13_ATaskThatKillsEachDispatcherWaitsLongerEachTime) {
  ::setenv("LEPTIR_FAILPOINT", "feeder.after_pop:1:exit:", 1);
  pushAndLog("work", 1);
  const auto instance = start();
  chooseNothing();
  EXPECT_TRUE(eventually([&] { return counts().scheduled == 1; })) << instance->output();
  EXPECT_EQ(startsSeen(), 0u);
  waitUntilReady(*instance);
  stop(*instance);
  EXPECT_EQ(counts().scheduled, 1u) << "it is not lost";
  finish();
  EXPECT_EQ(endsSeen(), 1u);
  checkEvidence();
}

TEST_P(Failpoints, P02_APushThatDiesAddsAllOfItsTasksOrNone) {
  for (const auto& point : allFailpoints()) {
    if (point.who != FailpointProcess::Pusher || !isOfThisBackend(point)) continue;
    const auto before = counts().due;
    choose(point);
    EXPECT_EQ(leptir({"push", "work", "--number=3"}).exit, 137) << point.name;
    chooseNothing();
    const bool committed = point.name.ends_with("after_commit") || point.name.ends_with("after_reply");
    EXPECT_EQ(counts().due, before + (committed ? 3 : 0)) << point.name;
  }
}

}  // namespace
}  // namespace leptir::chaos
