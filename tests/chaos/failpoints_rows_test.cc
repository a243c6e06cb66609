// Row P2, each crash point of the notes in turn: whoever comes by there ends at once, and nothing may come of it but
// what the place allows.
#include "tests/chaos/failpoints.h"

#include <gmock/gmock.h>

#include <csignal>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tests/chaos/arena.h"

namespace leptir::chaos {
namespace {

using e2e::eventually;

TEST(TheListOfFailpoints, NamesEachPlaceOfTheSourcesOnce) {
  std::multiset<std::string> inSources, listed;
  const std::regex place("LEPTIR_FAILPOINT\\(\"([a-z_.]+)\"\\)");
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(LEPTIR_SOURCE_DIR) / "src")) {
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      if (std::smatch found; std::regex_search(line, found, place)) inSources.insert(found[1]);
    }
  }
  for (const auto& point : allFailpoints()) listed.insert(point.name);
  EXPECT_EQ(inSources, listed);
}

class Failpoints : public Arena {
 protected:
  Failpoints() { program = LEPTIR_CHAOS_FAILING; }

  // With one storage beside the broker and one that is not, so that feeders and writers both save.
  void setTwoStorages() {
    set({.workers = 2});
    std::ifstream stream(config);
    std::string yaml{std::istreambuf_iterator<char>(stream), {}};
    const std::string before = "  loggers:";
    yaml.insert(yaml.find(before), "    - { name: other, " + store.elsewhere + " }\n");
    writeConfig(yaml);
  }

  void each(Who who, const std::function<void(const Failpoint&)>& play) {
    setTwoStorages();
    for (const auto& point : allFailpoints()) {
      if (point.who != who || !isOurs(point) || HasFatalFailure()) continue;
      SCOPED_TRACE(point.name);
      const auto before = repeats();
      const auto began = bootNsNow();
      play(point);
      std::cout << point.name << ": " << msSince(began) << " ms\n";
      const auto found = check(evidence());
      EXPECT_TRUE(found.clean()) << found.describe() << folder;
      EXPECT_TRUE(fs::exists(fired)) << "nobody came by";
      EXPECT_LE(repeats() - before, allowed(point));
    }
    judge();
  }

  // Nobody comes by the places of another store.
  bool isOurs(const Failpoint& point) const {
    return std::ranges::none_of(chaosBackends(), [&](const auto& backend) {
      return backend.name != GetParam().name && point.name.starts_with(backend.name + ".");
    });
  }

  void choose(const Failpoint& point) {
    fired = folder / ("fired." + point.name);
    const auto nth = std::to_string(random(1, point.most));
    ::setenv("LEPTIR_FAILPOINT", (point.name + ":" + nth + ":exit:" + fired.string()).c_str(), 1);
  }
  static void chooseNothing() { ::unsetenv("LEPTIR_FAILPOINT"); }

  std::unique_ptr<e2e::Running> startWith(const Failpoint& point) {
    choose(point);
    auto instance = start();
    chooseNothing();
    return instance;
  }

  void giveWhatItNeeds(const Failpoint& point) {
    give("work", 40, {{"ms", 2}});
    if (point.needs == Needs::ADeadSession) return leaveADeadSession();
    if (point.needs != Needs::ADeath && point.needs != Needs::ABurial) return;
    poison.insert(give("poison", 1, {{"way", "_exit"}}).front());
  }

  void leaveADeadSession() {
    give("work", 100, {{"ms", 20}});
    const auto instance = fly();
    EXPECT_TRUE(eventually([&] { return counts().leased > 0; }));
    instance->signal(SIGKILL);
    instance->waitForExit();
  }

  // Poison is left to itself where one of its deaths is all that was needed: it would wait 5 s.
  bool isDone(const Failpoint& point) {
    const auto now = counts();
    const std::uint64_t mayWait = point.needs == Needs::ADeath ? 1 : 0;
    return now.due + now.leased == 0 && now.scheduled <= mayWait;
  }

  // A slow machine settles forty tasks in fewer batches than the place is to be passed: then some more come by, so many
  // that more is due than there is room for.
  bool comesByInTheEnd(const Failpoint& point) {
    return eventually([&] {
      if (fs::exists(fired)) return true;
      if (isDone(point)) give("work", 8, {{"ms", 2}});
      return false;
    });
  }

  // Runs beyond the first, of tasks that are not poison.
  std::size_t repeats() const {
    std::map<std::string, std::size_t> runs;
    for (const auto& line : ledger()) {
      if (line.mark == Mark::Start && !poison.contains(line.id)) ++runs[line.id];
    }
    std::size_t more = 0;
    for (const auto& [id, number] : runs) more += number - 1;
    return more;
  }

  // How many of them the place may cost.
  static std::size_t allowed(const Failpoint& point) {
    constexpr std::size_t kWorkers = 2, kUnacknowledged = 256;
    if (point.needs == Needs::ADeadSession) return kWorkers + kUnacknowledged;
    if (point.who == Who::Worker) return 1;
    return point.who == Who::Master ? kWorkers + kUnacknowledged : 0;
  }

  fs::path fired;
  std::set<std::string> poison;
};

LEPTIR_CHAOS_ROWS(Failpoints);

TEST_P(Failpoints, P02_ADispatcherThatDiesAnywhereRepeatsNothing) {
  each(Who::Dispatcher, [this](const Failpoint& point) {
    giveWhatItNeeds(point);
    const auto instance = startWith(point);
    EXPECT_TRUE(eventually([&] { return isDone(point) && endsSeen() > 0; })) << instance->output();
    EXPECT_TRUE(point.needs == Needs::AStop || comesByInTheEnd(point));
    EXPECT_TRUE(eventually([&] { return isDone(point); })) << instance->output();
    stop(*instance);
  });
}

TEST_P(Failpoints, P01_AWorkerThatDiesAnywhereRepeatsItsTaskAtTheMost) {
  each(Who::Worker, [this](const Failpoint& point) {
    giveWhatItNeeds(point);
    const auto instance = startWith(point);
    EXPECT_TRUE(eventually([&] { return isDone(point) && fs::exists(fired); })) << instance->output();
    stop(*instance);
  });
}

TEST_P(Failpoints, P03_AMasterThatDiesAnywhereLosesNothing) {
  each(Who::Master, [this](const Failpoint& point) {
    giveWhatItNeeds(point);
    const auto instance = startWith(point);
    EXPECT_EQ(instance->waitForExit(), 137);
    EXPECT_TRUE(allGone(std::chrono::seconds(2)));
    const auto next = fly();
    EXPECT_TRUE(eventually([&] { return isDone(point); })) << next->output();
    stop(*next);
  });
}

// It dies of what it leases before that stands in any cell, so only the store knows who it was.
TEST_P(Failpoints, P13_ATaskThatKillsEachDispatcherIsFoundAndBuried) {
  ::setenv("LEPTIR_FAILPOINT", "feeder.after_pop:1:exit:", 1);
  const auto id = give("work", 1).front();
  const auto instance = start();
  chooseNothing();
  ASSERT_TRUE(eventually([&] { return counts().buried == 1; })) << instance->output();
  EXPECT_EQ(info(id).at("state"), "buried");
  EXPECT_EQ(info(id).at("reason"), "the dispatcher died while it held this task alone; crashes so far: 3");
  EXPECT_TRUE(isDrained());
  waitUntilReady(*instance);
  stop(*instance);
  EXPECT_EQ(startsSeen(), 0u);
  judge();
}

TEST_P(Failpoints, P02_APushThatDiesIsThereWholeOrNotAtAll) {
  for (const auto& point : allFailpoints()) {
    if (point.who != Who::Pusher || !isOurs(point)) continue;
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
