// Several instances on the same collections of a server that speaks MongoDB's protocol.
#include <csignal>

#include "tests/e2e/installation.h"
#include "tests/support/mongodb_server.h"

namespace leptir::e2e {
namespace {

using namespace std::chrono_literals;

class MongodbInstancesTest : public Installation {
 protected:
  // Each instance leases through one connection for each broker.
  static constexpr int kBrokers = 4;

  MongodbInstancesTest() {
    std::string brokers;
    for (int i = 1; i <= kBrokers; ++i)
      brokers += "    - { name: b" + std::to_string(i) + ", type: mongodb, connection: " + connection("tasks", i) +
                 ", configuration: { priority: " + std::to_string(i) + " } }\n";
    writeConfig("leptir:\n  brokers:\n" + brokers + "  meta_storage:\n    - { type: mongodb, connection: " +
                connection("info", 0) + " }\n  daemon: { configuration: { number_of_workers: 2 } }\n");
  }
  std::string connection(const std::string& collection, int number) const {
    return "{ uri: \"" + server.uri() + "\", database: " + database.name() + ", collection: " + collection +
           std::to_string(number) + " }";
  }
  int count(const std::string& collection, const std::string& query = "{}") {
    return database.ask(R"({"count": ")" + collection + R"(", "query": )" + query + "}").at("n").get<int>();
  }
  bool isEmpty() {
    for (int i = 1; i <= kBrokers; ++i)
      if (count("tasks" + std::to_string(i)) > 0) return false;
    return true;
  }
  // How many runs the instance has counted.
  int done(const std::string& pidFile) {
    const auto instance = leptir({"status", "--json", "--pid=" + pidFile}).json().at("instance");
    EXPECT_EQ(instance.at("failed"), 0);
    return instance.at("done").get<int>();
  }

  MongodbServer& server = sharedMongodbServer();
  MongodbDatabase database{server};
};

TEST_F(MongodbInstancesTest, TwoInstancesWithEightConnectionsRunEachOf5000TasksOnce) {
  constexpr int kTasks = 5'000;
  for (int i = 1; i <= kBrokers; ++i)
    ASSERT_EQ(leptir({"push", "noop", "--broker=b" + std::to_string(i), "--quiet",
                      "--number=" + std::to_string(kTasks / kBrokers)})
                  .exit,
              0);
  const auto onePid = (folder / "one.pid").string(), otherPid = (folder / "other.pid").string();
  const auto one = start({"--pid=" + onePid}), other = start({"--pid=" + otherPid});
  ASSERT_TRUE(eventually([&] { return isEmpty() && done(onePid) + done(otherPid) >= kTasks; }, 120s))
      << one->output() << other->output();
  EXPECT_EQ(done(onePid) + done(otherPid), kTasks);
  EXPECT_GT(done(onePid), 0);
  EXPECT_GT(done(otherPid), 0);
  EXPECT_EQ(count("info0"), kTasks);
  EXPECT_EQ(count("info0", R"({"attempt": {"$ne": 1}})"), 0);
  for (auto* const instance : {one.get(), other.get()}) instance->signal(SIGTERM);
  EXPECT_EQ(one->waitForExit(), 0);
  EXPECT_EQ(other->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
