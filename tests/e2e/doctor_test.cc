// `leptir doctor`: faults of real stores, instances and limits, each found; a healthy fleet has none.
#include <gmock/gmock.h>

#include <csignal>
#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/e2e/redis_store.h"

namespace leptir::e2e {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DoctorCommandTest : public Installation {
 protected:
  Json examined() {
    const auto answer = leptir({"doctor", "--json"});
    EXPECT_NE(answer.exit, 0) << answer.out;
    return answer.json();
  }
  // The words for what is more than a note.
  static std::vector<std::string> kindsIn(const Json& diagnosis) {
    std::vector<std::string> kinds;
    for (const auto& finding : diagnosis.at("findings")) {
      if (finding.at("severity") != "note") kinds.push_back(finding.at("kind"));
    }
    return kinds;
  }
  bool hasCard() {
    const auto instances = leptir({"instances", "--json"}).json().at("instances");
    return instances.size() == 1 && instances.at(0).at("hasCard") == true;
  }
  bool finds(const std::string& kind) {
    const auto kinds = kindsIn(leptir({"doctor", "--json"}).json());
    return std::ranges::count(kinds, kind) > 0;
  }
};

TEST_F(DoctorCommandTest, ARunningInstanceWithTasksIsHealthy) {
  const auto instance = start();
  waitUntilRunning();
  ASSERT_TRUE(eventually([&] { return hasCard(); })) << instance->output();
  push({"noop"});
  push({"noop", "--delaySeconds=3600"});
  const auto answer = leptir({"doctor"});
  EXPECT_EQ(answer.exit, 0) << answer.out << answer.err;
  EXPECT_THAT(answer.out, HasSubstr("things; no problems"));
  const auto json = leptir({"doctor", "--json"});
  EXPECT_EQ(json.exit, 0);
  EXPECT_THAT(kindsIn(json.json()), IsEmpty()) << json.out;
  EXPECT_EQ(json.json().at("healthy"), true);
  EXPECT_EQ(json.json().at("stores"), 2);
  EXPECT_EQ(json.json().at("answered"), 2);
  EXPECT_GT(json.json().at("looked"), 10);
}

TEST_F(DoctorCommandTest, StoresThatAreNotMadeYetAreHealthyAndStayUnmade) {
  const auto answer = leptir({"doctor"});
  EXPECT_EQ(answer.exit, 0) << answer.out;
  EXPECT_FALSE(fs::exists(folder / "leptir.db"));
}

TEST_F(DoctorCommandTest, FindsAServerThatEvictsAndSaysWhatToDo) {
  RedisStore store;
  store.server.ask({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  writeConfig("brokers: [ { name: queue, " + store.configuration() + " } ]\n");
  const auto answer = leptir({"doctor"});
  EXPECT_EQ(answer.exit, 1);
  ASSERT_FALSE(answer.lines().empty());
  EXPECT_THAT(answer.lines()[0], HasSubstr("problem  broker queue: redis "));
  EXPECT_THAT(answer.out, HasSubstr("its maxmemory-policy is allkeys-lru"));
  EXPECT_THAT(answer.out, HasSubstr("-> set it to noeviction"));
  EXPECT_THAT(answer.out, HasSubstr("1 problem"));
  EXPECT_EQ(answer.out.find('\x1b'), std::string::npos) << "no colours without a terminal";
}

TEST_F(DoctorCommandTest, FindsAServerWhoseClockIsWrong) {
  RedisServer server({"appendonly yes"}, RedisServer::Reach::UnixSocket, RedisServer::Time::Shifted);
  server.advance(std::chrono::hours(1));
  writeConfig("brokers: [ { name: queue, " + RedisStore::at("scheme: unix, path: " + server.socket()) + " } ]\n");
  EXPECT_THAT(kindsIn(examined()), Contains("clock-skew"));
  EXPECT_THAT(leptir({"doctor"}).out, HasSubstr("ahead of that of this machine"));
}

TEST_F(DoctorCommandTest, FindsATaskWhoseNameTheInstanceDoesNotKnow) {
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard(); })) << instance->output();
  push({"nooop"});
  EXPECT_TRUE(eventually([&] { return finds("unknown-name"); }));
}

TEST_F(DoctorCommandTest, FindsDueTasksWithoutAnInstance) {
  push({"noop", "--at=2020-01-01T00:00:00Z"});
  EXPECT_THAT(kindsIn(examined()), Contains("due-without-instance"));
}

TEST_F(DoctorCommandTest, FindsAnInstanceThatIsStopped) {
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasCard(); })) << instance->output();
  const auto dispatcher = dispatcherPid();
  ::kill(instance->pid(), SIGSTOP);
  ::kill(dispatcher, SIGSTOP);
  EXPECT_TRUE(eventually([&] { return finds("no-card"); }));
  ::kill(dispatcher, SIGCONT);
  ::kill(instance->pid(), SIGCONT);
}

TEST_F(DoctorCommandTest, FindsALimitOfDescriptorsThatIsTooLow) {
  const auto script = folder / "limited";
  std::ofstream(script) << "#!/bin/sh\nulimit -n 64\nexec '" << program << "' \"$@\"\n";
  fs::permissions(script, fs::perms::owner_all);
  program = script;
  writeConfig("brokers: [ { type: sqlite, connection: { path: " + (folder / "leptir.db").string() +
              " } } ]\ndaemon: { configuration: { number_of_workers: 60 } }\n");
  const auto json = examined();
  EXPECT_THAT(kindsIn(json), Contains("low-limit")) << json;
}

TEST_F(DoctorCommandTest, AStoreThatIsDownIsAFindingAmongTheOthers) {
  RedisStore store;
  store.server.stop();
  writeConfig("brokers:\n- { name: local, type: sqlite, connection: { path: " + (folder / "leptir.db").string() +
              " } }\n- { name: away, configuration: { priority: 1 }, " + store.configuration() + " }\n");
  push({"noop", "--broker=local", "--at=2020-01-01T00:00:00Z"});
  const auto kinds = kindsIn(examined());
  EXPECT_THAT(kinds, Contains("store-down"));
  EXPECT_THAT(kinds, Contains("due-without-instance"));
  EXPECT_EQ(leptir({"doctor"}).exit, 1);
}

TEST_F(DoctorCommandTest, WhereNoStoreAnswersItExitsWith69) {
  RedisStore store;
  store.server.stop();
  writeConfig("brokers: [ { name: away, " + store.configuration() + " } ]\n");
  const auto answer = leptir({"doctor"});
  EXPECT_EQ(answer.exit, 69);
  EXPECT_THAT(answer.out, HasSubstr("problem  broker away: "));
  EXPECT_THAT(answer.out, Not(HasSubstr("no problems")));
}

}  // namespace
}  // namespace leptir::e2e
