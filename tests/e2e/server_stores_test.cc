// What holds on each server on which leptir keeps tasks as PHP leptir does.
#include <csignal>
#include <functional>

#include "tests/e2e/server_store.h"
#ifdef LEPTIR_MONGODB
#include "tests/e2e/mongodb_store.h"
#endif
#ifdef LEPTIR_REDIS
#include "tests/e2e/redis_store.h"
#endif

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

struct Server {
  std::string name;
  std::function<std::unique_ptr<ServerStore>(ServerUse)> open;

  friend void PrintTo(const Server& server, std::ostream* out) { *out << server.name; }
};

std::vector<Server> allServers() {
  std::vector<Server> all;
#ifdef LEPTIR_MONGODB
  all.push_back({"mongodb", [](ServerUse use) { return std::make_unique<MongodbStore>(use); }});
#endif
#ifdef LEPTIR_REDIS
  all.push_back({"redis", [](ServerUse) { return std::make_unique<RedisStore>(); }});
#endif
  return all;
}

class OnServer : public ServerStoreTest, public ::testing::WithParamInterface<Server> {
 protected:
  explicit OnServer(ServerUse use = ServerUse::Shared) : ServerStoreTest(GetParam().open(use)) {}
};

class OnOwnServer : public OnServer {
 protected:
  OnOwnServer() : OnServer(ServerUse::Own) {}
};

const auto nameOfServer = [](const auto& server) { return server.param.name; };
INSTANTIATE_TEST_SUITE_P(With, OnServer, ::testing::ValuesIn(allServers()), nameOfServer);
INSTANTIATE_TEST_SUITE_P(With, OnOwnServer, ::testing::ValuesIn(allServers()), nameOfServer);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnServer);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnOwnServer);

TEST_P(OnServer, ATaskIsPushedRunAndRecorded) {
  const auto id = push({"noop", "text=hello"});
  EXPECT_EQ(store->queued(), 1u);
  EXPECT_EQ(info(id).at("state"), "due");
  const auto instance = start({"--drain"});
  ASSERT_EQ(instance->waitForExit(), 0) << instance->output();
  const auto saved = record(id);
  EXPECT_EQ(saved.at("status"), 3);
  EXPECT_EQ(saved.at("retC"), 1);
  EXPECT_EQ(saved.at("type"), "noop");
  EXPECT_EQ(info(id).at("cause"), "finished");
  EXPECT_EQ(store->queued(), 0u) << instance->output();
}

TEST_P(OnServer, ATaskThatPhpPushedRuns) {
  store->pushAsPhp("145596b0468b93b22a4.02397032", "noop");
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record("145596b0468b93b22a4.02397032").at("retC"), 1);
}

TEST_P(OnServer, AnIdWhoseTaskPhpTookCanBePushedAgain) {
  push({"noop", "--id=mine"});
  push({"noop", "--id=mine"});
  EXPECT_EQ(store->queued(), 1u);
  store->takeAllAsPhp();
  push({"noop", "--id=mine"});
  EXPECT_EQ(store->queued(), 1u);
}

TEST_P(OnServer, WhatIsNoTaskIsBuriedAndTheTasksRun) {
  const auto malformed = store->pushMalformed();
  const auto id = push({"noop"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(record(id).at("retC"), 1);
  EXPECT_EQ(status().at("brokers").at(0).at("buried"), malformed);
}

TEST_P(OnServer, AnIdleInstanceRunsPushedTasksSoon) {
  configure(", empty_queue_sleep_time: 0.2");
  const auto instance = start();
  waitUntilRunning();
  const auto pushed = std::chrono::steady_clock::now();
  const auto id = push({"noop"});
  store->pushAsPhp("php", "noop");
  ASSERT_TRUE(eventually([&] { return isDone(id) && isDone("php"); })) << instance->output();
  EXPECT_LT(std::chrono::steady_clock::now() - pushed, 5s);
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_P(OnServer, CancelRemovesAWaitingTaskAndEndsARunningOne) {
  const auto waiting = push({"noop", "--delaySeconds=1000"});
  EXPECT_EQ(leptir({"cancel", waiting}).exit, 0);
  EXPECT_EQ(info(waiting).at("cause"), "cancelled");
  const auto running = push({"sleep", "seconds:=1000"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; })) << instance->output();
  EXPECT_EQ(leptir({"cancel", running}).exit, 0);
  ASSERT_TRUE(eventually([&] { return isDone(running); })) << instance->output();
  EXPECT_EQ(record(running).at("cause"), "cancelled");
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_P(OnServer, TasksOfAKilledInstanceRunAsSoonAsItIsStartedAgain) {
  const auto id = push({"sleep", "seconds:=1"});
  const auto killed = start();
  ASSERT_TRUE(eventually([&] { return info(id).at("state") == "leased"; })) << killed->output();
  killed->signal(SIGKILL);
  killed->waitForExit();
  const auto next = start({"--drain"});
  ASSERT_TRUE(eventually([&] { return isDone(id); }, 20s)) << "a lease would last a minute";
  EXPECT_EQ(record(id).at("attempt"), 2);
  EXPECT_EQ(next->waitForExit(), 0);
}

TEST_P(OnServer, AWrongPasswordIsReportedWithoutThePassword) {
  configureOn(store->configurationWith("leptir-geheim"));
  const auto checked = leptir({"check"}), started = leptir({"start", "--drain"});
  EXPECT_EQ(checked.exit, 69);
  EXPECT_EQ(started.exit, 69);
  EXPECT_THAT(checked.out + checked.err + started.out + started.err, Not(HasSubstr("geheim")));
}

TEST_P(OnOwnServer, AnInstanceConnectsLaterToAServerThatIsDownAtTheStartOrMeanwhile) {
  store->stop();
  EXPECT_EQ(leptir({"push", "noop"}).exit, 69);
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return status().at("instance").is_object(); }));
  store->start();
  const auto id = push({"noop"});
  ASSERT_TRUE(eventually([&] { return isDone(id); })) << instance->output();
  store->stop();
  store->start();
  const auto later = push({"noop"});
  ASSERT_TRUE(eventually([&] { return isDone(later); })) << instance->output();
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
