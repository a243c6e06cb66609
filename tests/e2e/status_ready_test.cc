// `leptir status --ready`, the health check: exit status 0 only when the instance runs and is ready.
#include <gmock/gmock.h>

#include <csignal>

#include "tests/e2e/installation.h"
#include "tests/e2e/silent_store.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class StatusReadyTest : public Installation {
 protected:
  CommandResult ready() { return leptir({"status", "--ready"}); }
  bool becomesReady() {
    return eventually([this] { return ready().exit == 0; });
  }
};

TEST_F(StatusReadyTest, ExitsWith3WhereNothingRuns) {
  const auto answer = ready();
  EXPECT_EQ(answer.exit, 3);
  EXPECT_EQ(answer.out, "not running\n");
  const auto json = leptir({"status", "--ready", "--json"});
  EXPECT_EQ(json.exit, 3);
  EXPECT_EQ(json.json(), Json::parse(R"({"ready": false, "state": "not running", "pid": null, "waitsFor": null})"));
}

TEST_F(StatusReadyTest, ExitsWith0OnceTheInstanceIsReady) {
  const auto instance = start();
  ASSERT_TRUE(becomesReady()) << instance->output();
  EXPECT_EQ(ready().out, "ready: running as " + std::to_string(instance->pid()) + "\n");
  const auto json = leptir({"status", "--ready", "--json"}).json();
  EXPECT_EQ(json.at("ready"), true);
  EXPECT_EQ(json.at("pid"), instance->pid());
  EXPECT_EQ(json.at("state"), "running");
}

TEST_F(StatusReadyTest, AnswersAtOnceWhileAStoreHangs) {
  const SilentStore store;
  writeConfig("brokers: [ { type: redis, connection: { host: 127.0.0.1, port: " + store.port() + " } } ]\n");
  const auto instance = start();
  ASSERT_TRUE(eventually([this] { return ready().exit == 1; })) << instance->output();
  const auto asked = std::chrono::steady_clock::now();
  const auto answer = ready();
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(2)) << "the store's timeout is 5 s";
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.out, StartsWith("not ready: starting as " + std::to_string(instance->pid()) + ", waiting for "));
}

TEST_F(StatusReadyTest, ExitsWith1WhileTheInstanceWaitsForRunningTasks) {
  const auto instance = start();
  push({"sleep", "seconds:=2"});
  ASSERT_TRUE(eventually([&] { return status().at("brokers").at(0).at("leased") == 1; }));
  instance->signal(SIGTERM);
  ASSERT_TRUE(eventually([this] { return ready().exit == 1; }));
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_EQ(ready().exit, 3);
}

TEST_F(StatusReadyTest, ExitsWith1WhileTheMasterIsStopped) {
  const auto instance = start();
  ASSERT_TRUE(becomesReady()) << instance->output();
  instance->signal(SIGSTOP);
  EXPECT_TRUE(eventually([this] { return ready().exit == 1; }));
  EXPECT_THAT(ready().out, HasSubstr("not ready: stopped as "));
  instance->signal(SIGCONT);
  EXPECT_TRUE(becomesReady());
}

TEST_F(StatusReadyTest, NeedsNoReadableConfiguration) {
  const auto instance = start();
  ASSERT_TRUE(becomesReady()) << instance->output();
  writeConfig("brokers: [ { type: nonsense } ]\n");
  EXPECT_EQ(ready().exit, 0);
}

TEST_F(StatusReadyTest, DoesNotGoWithAll) {
  const auto answer = run({"status", "--ready", "--all"});
  EXPECT_EQ(answer.exit, 2);
  EXPECT_THAT(answer.err, HasSubstr("--all"));
}

}  // namespace
}  // namespace leptir::e2e
