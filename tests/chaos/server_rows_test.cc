// Rows B2, B3, B5, B6, B8 to B11: what happens to a store that is a server, and to the way there.
#include <algorithm>
#include <csignal>
#include <fstream>

#include "base/task_id.h"
#include "tests/chaos/arena.h"
#include "tests/chaos/processes.h"
#include "tests/support/temp_dir.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

constexpr std::size_t kWorkers = 4;
// What an instance may take to come back to a server: a failed try, and the pause before the next.
constexpr double kBackWithin = 5000;
// So long a server refuses what it is asked: less than a lease.
constexpr auto kRefusal = 2s;

class Server : public Arena {
 protected:
  StoreServer& server() { return *store.server; }
  milliseconds lease() const { return 1s * GetParam().lease; }

  // Something new begins; answers how long that took.
  double msUntilSomethingStarts() {
    const auto before = startsSeen();
    const auto since = bootNsNow();
    EXPECT_TRUE(eventually([&] { return startsSeen() > before || isDrained(); }));
    return msSince(since);
  }

  // Injures the server a few times under load; nothing may be lost, and work goes on soon. Answers what was repeated.
  std::size_t injureUnderLoad(const std::function<void()>& injure) {
    give("work", 1500, {{"ms", 5}});
    const auto instance = fly();
    for (int round = 0; round < 3; ++round) {
      pauseFor(milliseconds(random(50, 300)));
      injure();
      recovered(msUntilSomethingStarts());
      EXPECT_LE(recoveries.back(), kBackWithin);
    }
    EXPECT_TRUE(eventually([&] { return isDrained(); }));
    stop(*instance);
    return judge().duplicates;
  }

  void expectAllFinishedAtFirst() {
    const auto read = loadConfig(config);
    auto records = openMetaStorage(*read);
    for (const auto& id : readPushLog(folder / "pushes").acknowledged) {
      const auto record = records->loadMetaInfoById(id);
      ASSERT_TRUE(record) << id;
      EXPECT_EQ(record->at("cause"), "finished") << id;
      EXPECT_EQ(record->at("attempt"), 1) << id;
    }
  }

  // The same store by its own door, while ours is shut.
  std::unique_ptr<e2e::Running> flySecondByTheDirectWay() {
    const auto first = config;
    auto yaml = readWholeFile(first);
    for (auto at = yaml.find(store.here); at != std::string::npos; at = yaml.find(store.here, at + 1))
      yaml.replace(at, store.here.size(), store.direct);
    config = writeConfig(yaml, "second.yaml");
    auto second = fly();
    config = first;
    return second;
  }

  // Pushes, each in the log, until the store refuses; answers its words.
  std::string fillUp() {
    const auto read = loadConfig(config);
    auto queue = openBroker(*read);
    for (int tries = 0; tries < 1000; ++tries) {
      std::vector<TaskToPush> batch(100, {"work", {{"ms", 0}, {"text", std::string(1000, 'x')}}});
      std::vector<std::string> ids;
      for (auto& each : batch) ids.push_back(each.options.id = makeTaskId(systemClock()));
      appendPush(folder / "pushes", "sent", ids);
      if (const auto pushed = queue->pushTasks(batch); !pushed) return pushed.error().message();
      appendPush(folder / "pushes", "acknowledged", ids);
    }
    return "";
  }

  long linesInLog() const {
    std::ifstream in(folder / "leptir.log");
    return std::count(std::istreambuf_iterator<char>(in), {}, '\n');
  }
};

INSTANTIATE_TEST_SUITE_P(On, Server, ::testing::ValuesIn(chaosServers()),
                         [](const auto& row) { return row.param.name; });

TEST_P(Server, B02_IsRestartedUnderLoad) {
  const auto repeated = injureUnderLoad([this] {
    server().stop();
    server().start();
  });
  EXPECT_EQ(repeated, 0u);
}

TEST_P(Server, B03_IsKilledUnderLoadAndComesBackWithWhatItWrote) {
  // A server that syncs each second may answer before it writes, while an earlier sync still goes on: acknowledgements
  // of its last moments are forgotten then, and what they were of runs again.
  const auto repeated = injureUnderLoad([this] {
    server().kill();
    server().start();
  });
  EXPECT_LE(repeated, 1500u / 2);
}

TEST_P(Server, B05_IsOutOfReachForLessThanALease) {
  give("work", 400, {{"ms", 10}});
  give("work", kWorkers, {{"ms", 1500}});
  const auto instance = fly();
  pauseFor(milliseconds(random(50, 300)));
  server().link().freeze();
  pauseFor(1s);
  server().link().thaw();
  recovered(msUntilSomethingStarts());
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(judge().duplicates, 0u);
  expectAllFinishedAtFirst();
}

TEST_P(Server, B06_IsOutOfReachForTwoLeasesWhileAnotherInstanceReachesIt) {
  give("work", kWorkers, {{"ms", 5000}});
  const auto instance = fly();
  ASSERT_TRUE(eventually([&] { return startsSeen() == kWorkers; }));
  server().link().freeze();
  const auto frozen = bootNsNow();
  const auto second = flySecondByTheDirectWay();
  ASSERT_TRUE(eventually([&] { return startsSeen() == 2 * kWorkers; })) << "the second takes over";
  recovered(msSince(frozen));
  pauseFor(2 * lease() - milliseconds(static_cast<long>(std::min(msSince(frozen), 6000.0))));
  server().link().thaw();
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  second->signal(SIGTERM);
  EXPECT_EQ(second->waitForExit(), 0) << second->output();
  EXPECT_EQ(judge().duplicates, kWorkers) << "only what ran, and only once the first had ended it";
}

TEST_P(Server, B08_AcceptsAndNeverAnswersWhileAnotherBrokerGoesOn) {
  writeConfig("leptir:\n  brokers:\n    - { name: queue, " + store.here +
              ", configuration: { priority: 0 } }\n    - { name: other, " + store.elsewhere +
              ", configuration: { priority: 1 } }\n  meta_storage:\n    - { " + store.elsewhere +
              " }\n  daemon: { configuration: { number_of_workers: 4 } }\n");
  const auto instance = fly();
  PushOptions other;
  other.priority = 1;
  give("work", 4, {{"ms", 1}}, other);
  server().link().freeze();
  give("work", 396, {{"ms", 5}}, other);
  const auto since = bootNsNow();
  ASSERT_TRUE(eventually([&] { return endsSeen() == 400; }));
  EXPECT_LE(msSince(since), 5000) << "before the first operation on the other store has given up";
  server().link().thaw();
  give("work", 100, {{"ms", 5}});
  recovered(msUntilSomethingStarts());
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(judge().duplicates, 0u);
}

TEST_P(Server, B09_IsNotThereAtTheStart) {
  give("work", 20, {{"ms", 5}});
  server().stop();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("instance").is_object(); })) << "it runs all the same";
  EXPECT_EQ(status().at("instance").at("ready"), false);
  pauseFor(3s);
  EXPECT_LE(linesInLog(), 20);
  server().start();
  recovered(msUntilSomethingStarts());
  EXPECT_LE(recoveries.back(), kBackWithin);
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(judge().duplicates, 0u);
}

TEST_P(Server, B10_RefusesEverythingForAWhileAndIsNotPressed) {
  give("work", 800, {{"ms", 10}});
  const auto instance = fly();
  for (const auto how : {StoreServer::Refusal::MayNotWrite, StoreServer::Refusal::IsBusy}) {
    pauseFor(milliseconds(random(50, 300)));
    const auto before = server().refused();
    server().refuse(how);
    pauseFor(kRefusal);
    server().serveAgain();
    EXPECT_LE(server().refused() - before, 10 * kRefusal / 1s);
    recovered(msUntilSomethingStarts());
    EXPECT_LE(recoveries.back(), kBackWithin);
  }
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(judge().duplicates, 0u);
  expectAllFinishedAtFirst();
}

TEST_P(Server, B11_IsFullRefusesPushesAndDrainsToEmpty) {
  server().limitMemory(std::size_t{2} << 20);
  const auto refusal = fillUp();
  EXPECT_THAT(refusal, ::testing::HasSubstr("maxmemory")) << "a full server says so";
  const auto instance = fly();
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  EXPECT_EQ(judge().duplicates, 0u);
  expectAllFinishedAtFirst();
}

}  // namespace
}  // namespace leptir::chaos
