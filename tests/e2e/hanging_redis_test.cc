// Commands while one of two stores hangs: a redis-server that accepts connections and never answers, beside a healthy
// SQLite broker.
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/support/folders.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HangingStore : public Installation {
 protected:
  HangingStore() {
    program = buildFolder() / "logging_program";
    const auto redis = "type: redis, connection: { scheme: unix, path: " + server.socket() + " }";
    writeConfig("leptir:\n  brokers:\n    - { name: far, " + redis +
                " }\n    - { name: near, type: sqlite, connection: { path: " + (folder / "leptir.db").string() +
                " }, configuration: { priority: 1 } }\n  meta_storage:\n    - { " + redis +
                " }\n  daemon: { configuration: { number_of_workers: 2 } }\n");
  }
  // A task of the store that hangs from now on, which runs until the gate opens.
  std::string runTaskOfHangingStore(const std::string& name) {
    const auto id = push({name, "file=" + (folder / "gate").string(), "--broker=far"});
    instance = start();
    EXPECT_TRUE(eventually([&] { return isShown(id); })) << instance->output();
    server.freeze();
    return id;
  }
  bool isShown(const std::string& id) {
    return leptir({"instances", "--json"}).out.find('"' + id + '"') != std::string::npos;
  }
  // Runs the command, which must not take longer than this.
  CommandResult within(std::chrono::milliseconds limit, std::vector<std::string> arguments) {
    const auto began = std::chrono::steady_clock::now();
    const auto what = arguments.front();
    auto answer = leptir(std::move(arguments));
    EXPECT_LT(std::chrono::steady_clock::now() - began, limit) << what << '\n' << answer.out << answer.err;
    return answer;
  }

  RedisServer server;
  std::unique_ptr<StartedInstance> instance;
};

// The server lets each connection wait for five seconds.
TEST_F(HangingStore, IsWaitedForOnceByEachCommand) {
  const auto id = push({"noop", "--broker=near", "--delaySeconds=3600"});
  server.freeze();
  EXPECT_THAT(within(9'500ms, {"doctor"}).out, HasSubstr("broker far"));
  EXPECT_EQ(within(9s, {"info", id}).json().at("state"), "scheduled");
  (void)within(9s, {"tasks"});
  (void)within(9s, {"cancel", "no-such-task"});
  EXPECT_THAT(within(9s, {"queues"}).out, HasSubstr("near"));
  server.thaw();
}

TEST_F(HangingStore, DoesNotHideWhatAnInstanceRuns) {
  const auto id = runTaskOfHangingStore("compute");
  ASSERT_TRUE(eventually([&] {
    const auto view = leptir({"instances", "--json"}).json().at("instances").at(0);
    return view.at("runningTasks") == 1 && view.at("running").at(0).at("id") == id;
  }));
  EXPECT_THAT(leptir({"instances", "--running"}).out, HasSubstr(id));
  server.thaw();
}

TEST_F(HangingStore, IsNotAskedForTheStackAndTheLogOfATaskOfThisMachine) {
  const auto id = runTaskOfHangingStore("log_and_wait");
  const auto log = within(4s, {"logs", id, "--json"});
  ASSERT_EQ(log.exit, 0) << log.err;
  EXPECT_GT(log.json().at("lines").size(), 0u);
  EXPECT_EQ(log.json().at("running"), true);
  const auto stack = within(4s, {"stack", id, "--json"});
  EXPECT_EQ(stack.exit, 0) << stack.err;
  EXPECT_GT(stack.json().at("threads").size(), 0u);
  server.thaw();
}

}  // namespace
}  // namespace leptir::e2e
