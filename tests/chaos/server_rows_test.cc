// Rows B02, B03, B05, B06, B08 to B11 and B20 of docs/design.md: faults of a broker's server and of the connection to
// it.
#include <algorithm>
#include <csignal>
#include <fstream>

#include "base/task_id.h"
#include "tests/chaos/fault_fixture.h"
#include "tests/chaos/processes.h"
#include "tests/support/temp_dir.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

// Milliseconds within which an instance works again after a fault of the server: one failed attempt, and the pause
// before the next.
constexpr double kBackWithin = 5000;
// How many requests a server may refuse meanwhile: the broker and the meta storage are each opened again at once, and
// then after growing pauses.
constexpr long kMaxRefused = 24;

class Server : public FaultFixture {
 protected:
  StoreServer& server() { return *store.server; }
  milliseconds lease() const { return 1s * GetParam().lease; }

  // Milliseconds until another task begins, or until no task is left.
  double msUntilSomethingStarts() {
    const auto before = startsSeen();
    const auto since = bootNsNow();
    EXPECT_TRUE(eventually([&] { return startsSeen() > before || isDrained(); }));
    return msSince(since);
  }

  // Calls `injure` three times under load. No task may be lost, and work must go on within kBackWithin. Returns the
  // number of repeated runs.
  std::size_t injureUnderLoad(const std::function<void()>& injure) {
    pushAndLog("work", 1500, {{"ms", 5}});
    const auto instance = startUntilReady();
    for (int round = 0; round < 3; ++round) {
      pauseFor(milliseconds(random(50, 300)));
      injure();
      noteRecovery(msUntilSomethingStarts());
      EXPECT_LE(recoveries.back(), kBackWithin);
    }
    EXPECT_TRUE(eventually([&] { return isDrained(); }));
    stop(*instance);
    return checkEvidence().duplicates;
  }

  // Waits until no task is left, and stops the instance. Thousands of tasks of a millisecond take half a minute where a
  // lease takes 30 ms (MongoDB), on a busy machine twice that.
  void expectAllRunOnce(e2e::StartedInstance& instance) {
    ASSERT_TRUE(eventually([&] { return isDrained(); }, 150s));
    stop(instance);
    EXPECT_EQ(checkEvidence().duplicates, 0u);
  }

  void expectAllFinishInTheirFirstAttempt(e2e::StartedInstance& instance) {
    ASSERT_NO_FATAL_FAILURE(expectAllRunOnce(instance));
    for (const auto& [id, record] : recordsOfPushed()) {
      EXPECT_EQ(record.at("cause"), "finished") << id;
      EXPECT_EQ(record.at("attempt"), 1) << id;
    }
  }

  // Starts a second instance that reaches the store without the proxy.
  std::unique_ptr<e2e::StartedInstance> startSecondWithoutProxy() {
    const auto first = config;
    auto yaml = readWholeFile(first);
    for (auto at = yaml.find(store.here); at != std::string::npos; at = yaml.find(store.here, at + 1))
      yaml.replace(at, store.here.size(), store.direct);
    config = writeConfig(yaml, "second.yaml");
    auto second = startUntilReady();
    config = first;
    return second;
  }

  // Pushes tasks until the store refuses a push; returns its error message.
  std::string fillUp() {
    const auto read = loadConfig(config);
    auto queue = openBroker(*read);
    for (int tries = 0; tries < 1000; ++tries) {
      std::vector<TaskToPush> batch(100, {"work", {{"ms", 0}, {"text", std::string(1000, 'x')}}});
      std::vector<std::string> ids;
      for (auto& each : batch) ids.push_back(each.options.id = base::makeTaskId(systemClock()));
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

class FullServer : public Server {};

std::vector<Backend> serversThatFillUp() {
  auto servers = chaosServers();
  std::erase_if(servers, [](const Backend& backend) { return !backend.canFillUp; });
  return servers;
}

INSTANTIATE_TEST_SUITE_P(On, Server, ::testing::ValuesIn(chaosServers()),
                         [](const auto& row) { return row.param.name; });
INSTANTIATE_TEST_SUITE_P(On, FullServer, ::testing::ValuesIn(serversThatFillUp()),
                         [](const auto& row) { return row.param.name; });
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Server);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(FullServer);

TEST_P(Server, B02_IsRestartedUnderLoad) {
  double longestMs = 0;  // that the server was away
  const auto repeated = injureUnderLoad([&] {
    const auto since = bootNsNow();
    server().stop();
    server().start();
    longestMs = std::max(longestMs, msSince(since));
  });
  // A lease that was not renewed in time is over on a store without sessions. A busy machine starts a server slowly.
  const bool mayBeRenewedInTime = GetParam().keepsSessions || longestMs < 1000.0 * GetParam().lease / 3;
  EXPECT_LE(repeated, mayBeRenewedInTime ? 0 : 3 * 2 * kWorkers) << longestMs << " ms";
}

TEST_P(Server, B03_IsKilledUnderLoadAndStartedAgain) {
  // With `appendfsync everysec` a server may answer before it writes. When it is killed then, its last acknowledgements
  // are lost, and their tasks run again.
  const auto repeated = injureUnderLoad([this] {
    server().kill();
    server().start();
  });
  EXPECT_LE(repeated, 1500u / 2);
}

TEST_P(Server, B05_IsOutOfReachForLessThanALease) {
  pushAndLog("work", 400, {{"ms", 10}});
  pushAndLog("work", kWorkers, {{"ms", 1500}});
  const auto instance = startUntilReady();
  pauseFor(milliseconds(random(50, 300)));
  server().partition();
  pauseFor(1s);
  server().heal();
  noteRecovery(msUntilSomethingStarts());
  expectAllFinishInTheirFirstAttempt(*instance);
}

TEST_P(Server, B06_IsOutOfReachForTwoLeasesWhileAnotherInstanceReachesIt) {
  pushAndLog("work", kWorkers, {{"ms", 5000}});
  const auto instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return startsSeen() == kWorkers; }));
  server().partition();
  const auto frozen = bootNsNow();
  const auto second = startSecondWithoutProxy();
  ASSERT_TRUE(eventually([&] { return startsSeen() == 2 * kWorkers; })) << "the second instance takes over";
  noteRecovery(msSince(frozen));
  pauseFor(2 * lease() - milliseconds(static_cast<long>(std::min(msSince(frozen), 6000.0))));
  server().heal();
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  second->signal(SIGTERM);
  EXPECT_EQ(second->waitForExit(), 0) << second->output();
  EXPECT_EQ(checkEvidence().duplicates, kWorkers) << "only the running tasks, once the first instance had ended them";
}

TEST_P(Server, B08_AcceptsAndNeverAnswersWhileAnotherBrokerGoesOn) {
  writeConfig("leptir:\n  brokers:\n    - { name: queue, " + store.here +
              ", configuration: { priority: 0 } }\n    - { name: other, " + store.elsewhere +
              ", configuration: { priority: 1 } }\n  meta_storage:\n    - { " + store.elsewhere +
              " }\n  daemon: { configuration: { number_of_workers: 4 } }\n");
  const auto instance = startUntilReady();
  PushOptions other;
  other.priority = 1;
  pushAndLog("work", 4, {{"ms", 1}}, other);
  server().partition();
  pushAndLog("work", 396, {{"ms", 5}}, other);
  const auto since = bootNsNow();
  ASSERT_TRUE(eventually([&] { return endsSeen() == 400; }));
  EXPECT_LE(msSince(since), 5000) << "before the first operation on the other store has given up";
  server().heal();
  pushAndLog("work", 100, {{"ms", 5}});
  noteRecovery(msUntilSomethingStarts());
  expectAllRunOnce(*instance);
}

TEST_P(Server, B09_IsDownAtTheStart) {
  pushAndLog("work", 20, {{"ms", 5}});
  server().stop();
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("instance").is_object(); })) << "it runs without the server";
  EXPECT_EQ(status().at("instance").at("ready"), false);
  pauseFor(3s);
  EXPECT_LE(linesInLog(), 20);
  server().start();
  noteRecovery(msUntilSomethingStarts());
  EXPECT_LE(recoveries.back(), kBackWithin);
  expectAllRunOnce(*instance);
}

TEST_P(Server, B10_RefusesEveryRequestForAWhileAndIsNotFlooded) {
  pushAndLog("work", 800, {{"ms", 10}});
  const auto instance = startUntilReady();
  for (const auto how : {StoreServer::Refusal::MayNotWrite, StoreServer::Refusal::IsBusy}) {
    pauseFor(milliseconds(random(50, 300)));
    const auto before = server().refused();
    server().refuse(how);
    pauseFor(GetParam().refusal);
    server().serveAgain();
    EXPECT_LE(server().refused() - before, kMaxRefused);
    noteRecovery(msUntilSomethingStarts());
    EXPECT_LE(recoveries.back(), kBackWithin);
  }
  expectAllFinishInTheirFirstAttempt(*instance);
}

TEST_P(Server, B20_OfTheRecordsIsOutOfReachWhileOutcomesWait) {
  if (!store.recordsElsewhere.empty()) return;  // it keeps no records
  writeConfig("leptir:\n  brokers:\n    - { name: queue, " + store.elsewhere + " }\n  meta_storage:\n    - { " +
              store.here + " }\n  daemon: { configuration: { number_of_workers: 4 } }\n");
  const auto instance = startUntilReady();
  constexpr std::size_t kTasks = 8000;  // more than the cells of all workers
  pushAndLog("work", kTasks, {{"ms", 1}});
  ASSERT_TRUE(eventually([&] { return endsSeen() > 100; }));
  server().partition();
  pauseFor(2 * lease());
  EXPECT_LT(endsSeen(), kTasks) << "no task begins once all cells hold outcomes that are not recorded";
  server().heal();
  noteRecovery(msUntilSomethingStarts());
  EXPECT_LE(recoveries.back(), kBackWithin);
  expectAllFinishInTheirFirstAttempt(*instance);
}

TEST_P(FullServer, B11_IsFullRefusesPushesButItsTasksRun) {
  server().limitMemory(std::size_t{2} << 20);
  const auto refusal = fillUp();
  EXPECT_THAT(refusal, ::testing::HasSubstr("maxmemory")) << "a full server says so";
  const auto instance = startUntilReady();
  expectAllFinishInTheirFirstAttempt(*instance);
}

}  // namespace
}  // namespace leptir::chaos
