// PHP consumers and leptir on the same queue of a real server.
#include "backends/redis/redis_php.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_backend.h"
#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::HasSubstr;

// The two commands of a PHP consumer; tests call leptir in between.
class PhpDaemon {
 public:
  explicit PhpDaemon(const RedisServer& server) : connection_(redisAt(server.socket())) {}

  // Returns the task that the consumer will run.
  std::string look() {
    const auto reply = connection_.run({"ZRANGE", "leptir:ztasks", "0", "1"});
    return reply ? std::string(reply->value()[0].text()) : "error: " + reply.error().message();
  }
  void remove() { ASSERT_TRUE(connection_.run({"ZREMRANGEBYRANK", "leptir:ztasks", "0", "0"})); }

 private:
  RedisConnection connection_;
};

class RedisPhpTest : public RedisQueueTest {
 protected:
  std::unique_ptr<RedisBroker> open(PhpConsumers php) {
    return must(RedisBroker::open(std::make_shared<RedisConnection>(redisAt(server.socket())), kQueue, php));
  }
  static std::string member(const std::string& id, const std::string& name = "Test") {
    return R"({"cn":")" + name + R"(","pr":0,"tl":0,"toex":"","td":{"id":")" + id + R"(","parameters":[]}})";
  }
  Json scoreOf(const std::string& member) { return server.ask({"ZSCORE", kQueue, member}); }
  static std::vector<std::string> idsOf(const std::vector<LeasedTask>& leased) {
    std::vector<std::string> ids;
    for (const auto& task : leased) ids.push_back(task.lease.handle);
    return ids;
  }

  PhpDaemon daemon{server};
};

using Ids = std::vector<std::string>;

TEST_F(RedisPhpTest, APhpConsumerRemovesTheTaskThatItReadDespiteALeaseInBetween) {
  for (const auto* id : {"a", "b", "c"}) strangersPush(member(id));
  const auto beside = open(PhpConsumers::Yes);
  const auto session = openSession(*beside);
  EXPECT_EQ(daemon.look(), member("a"));
  EXPECT_EQ(idsOf(pop(*session)), (Ids{"b", "c"}));
  daemon.remove();
  EXPECT_EQ(waiting(), 0);
}

TEST_F(RedisPhpTest, APhpConsumerRemovesTheLastTaskAndNotOnePushedMeanwhile) {
  strangersPush(member("a"));
  const auto beside = open(PhpConsumers::Yes);
  const auto session = openSession(*beside);
  EXPECT_EQ(daemon.look(), member("a"));
  EXPECT_TRUE(pop(*session).empty());
  strangersPush(member("b"), "2");
  daemon.remove();
  EXPECT_EQ(scoreOf(member("b")), "2");
}

// This test really waits: the hold for PHP consumers is measured by the server's clock.
TEST_F(RedisPhpTest, TheFirstTaskIsLeasedAfterTheHoldIfNoPhpConsumerRemovedIt) {
  strangersPush(member("a"));
  const auto beside = open(PhpConsumers::Yes);
  const auto session = openSession(*beside);
  EXPECT_TRUE(pop(*session).empty());
  std::vector<LeasedTask> leased;
  for (int i = 0; i < 100 && leased.empty(); ++i) leased = must(session->popBrokerTasks(10, 1s, wake));
  EXPECT_EQ(idsOf(leased), Ids{"a"});
}

TEST_F(RedisPhpTest, WithoutPhpConsumersTheFirstTaskIsLeasedAtOnce) {
  strangersPush(member("a"));
  for (const auto php : {PhpConsumers::Auto, PhpConsumers::No}) {
    const auto session = openSession(*open(php), php == PhpConsumers::Auto ? 'a' : 'b');
    EXPECT_EQ(idsOf(pop(*session)), Ids{"a"});
    must(session->close());
  }
}

TEST_F(RedisPhpTest, APhpConsumerIsDetectedAndWarnedOf) {
  EXPECT_EQ(open(PhpConsumers::Auto)->traits().warnings, broker->traits().warnings);
  daemon.look();
  daemon.remove();
  const auto seeing = open(PhpConsumers::Auto);
  EXPECT_THAT(seeing->traits().warnings, Contains(HasSubstr("a PHP consumer seems to take tasks here too")));
  EXPECT_THAT(open(PhpConsumers::No)->traits().warnings, Not(Contains(HasSubstr("PHP"))));
  for (const auto* id : {"a", "b"}) strangersPush(member(id));
  EXPECT_EQ(idsOf(pop(*openSession(*seeing))), Ids{"b"}) << "the first task is left to the PHP consumer";
}

TEST_F(RedisPhpTest, APhpConsumerThatComesLaterIsDetectedByTheNextRecovery) {
  const auto session = openSession(*broker);
  daemon.look();
  daemon.remove();
  must(broker->recoverExpired(10));
  for (const auto* id : {"a", "b"}) strangersPush(member(id));
  EXPECT_EQ(idsOf(pop(*session)), Ids{"b"});
}

TEST_F(RedisPhpTest, AUserWithoutTheRightToListClientsCanOpenTheQueue) {
  auto address = addressOf("worker", {"~*", "&*", "+@all", "-client"});
  EXPECT_TRUE(RedisBroker::open(std::make_shared<RedisConnection>(std::move(address)), kQueue));
}

TEST_F(RedisPhpTest, TaskNamesThatCrashAPhpConsumerAreRefusedUnlessThereIsNone) {
  auto named = task("a");
  for (const auto* name :
       {"error", "Exception", "stdClass", "closure", "Directory", "DATETIME", "\\ErrorException", "FTP\\Connection",
        "LDAP\\Connection", "PgSql\\Connection", "IMAP\\Connection", "Odbc\\Connection", "Dba\\Connection",
        "Dom\\HTMLDocument", "Pdo\\Sqlite", "BcMath\\Number", "ReflectionConstant"}) {
    named.name = name;
    const auto refused = broker->pushBrokerTasks(std::span(&named, 1));
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(refused.error().message(), HasSubstr("is a class of PHP's own"));
  }
  EXPECT_EQ(waiting(), 0);
  must(open(PhpConsumers::No)->pushBrokerTasks(std::span(&named, 1)));
  EXPECT_EQ(waiting(), 1);
}

TEST(IsClassOfPhp, IsFalseForOtherNames) {
  for (const auto* name : {"fail", "throw", "noop", "App\\Error", "errors", "", "image.resize", "Countable"})
    EXPECT_FALSE(isClassOfPhp(name)) << name;
}

TEST(PhpConsumerIn, FindsClientsOfThisDatabaseByTheirLastCommand) {
  const std::string clients =
      "id=3 addr=10.0.0.1:51 laddr=10.0.0.2:6379 name= db=0 cmd=evalsha user=default\n"
      "id=4 addr=10.0.0.7:52 laddr=10.0.0.2:6379 name= db=3 cmd=zcount user=default\n"
      "id=5 addr=10.0.0.8:53 laddr=10.0.0.2:6379 name= db=0 cmd=zremrangebyrank user=default\n";
  EXPECT_EQ(phpConsumerIn(clients, 0)->address, "10.0.0.8:53");
  EXPECT_EQ(phpConsumerIn(clients, 3)->command, "zcount");
  EXPECT_FALSE(phpConsumerIn(clients, 1));
  EXPECT_FALSE(phpConsumerIn("", 0));
}

// PHP writes "" into `toex` when no time was given: then only the score says when the task is due.
TEST_F(RedisPhpTest, ARecoveredTaskWithoutATimeGetsItsOldScore) {
  strangersPush(member("a"), "1700000000");
  const auto itsBroker = open(PhpConsumers::Auto);
  const auto session = openSession(*itsBroker);
  EXPECT_EQ(pop(*session).size(), 1u);
  must(broker->endSessionsOf(std::string(32, 'a')));
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(server.ask({"ZRANGE", kQueue, "0", "0", "WITHSCORES"}).at(1), "1700000000");
  EXPECT_EQ(knownIds(), 0) << "PHP may remove the task, and its id would stay";
}

TEST_F(RedisPhpTest, AnAcknowledgedTaskLeavesNothingBehind) {
  strangersPush(member("a"));
  const auto session = openSession(*broker);
  must(session->acknowledge(std::vector<LeaseId>{pop(*session).at(0).lease}));
  EXPECT_EQ(server.ask({"HLEN", "{leptir:ztasks}:places"}), 0);
  EXPECT_EQ(knownIds(), 0);
}

// Tasks that only PHP can run keep their scores, however many there are, so that PHP finds them.
TEST_F(RedisPhpTest, TasksLeftToOthersStayInFrontForPhp) {
  for (int i = 10; i < 99; ++i) strangersPush(member("php" + std::to_string(i), "OnlyPhp"), "5");
  strangersPush(member("ours"), "6");
  const auto session = openSession(*broker);
  const auto leased = pop(*session, 89);
  ASSERT_EQ(leased.size(), 89u);
  std::vector<TaskRelease> back;
  for (const auto& each : leased)
    back.push_back({.lease = each.lease,
                    .counters = {.unknown = 1},
                    .envelope = each.envelope,
                    .leftToOthersUntil = systemClock().now() + 1h});
  must(session->release(back));
  EXPECT_EQ(idsOf(pop(*session)), Ids{"ours"});
  EXPECT_EQ(server.ask({"ZCOUNT", kQueue, "5", "5"}), 89);
  EXPECT_THAT(daemon.look(), HasSubstr("php10"));
  EXPECT_EQ(knownIds(), 0);
}

// The lease script finds an id only in the form of PHP and leptir. A task of any other form must keep its due time as
// well.
TEST_F(RedisPhpTest, ATaskLeftToOthersKeepsItsDueTimeInAnyJsonForm) {
  const std::vector<std::string> forms{
      R"({"cn":"OnlyPhp","td":{"id":7}})",
      R"({"cn":"OnlyPhp","td":{"parameters":[],"id":"c3"}})",
      R"({"cn": "OnlyPhp", "td": {"id": "c4"}})",
      R"({"cn":"OnlyPhp","td":{"parameters":[]}})",
      R"({"cn":"OnlyPhp","td":[]})",
      R"({"cn":"OnlyPhp","td":{"id":"\u0063\u0037","parameters":[]}})",
      "{\"cn\":\"OnlyPhp\",\"td\":{\"id\":\"\u00e9\",\"parameters\":[]}}",
      R"({"cn":"OnlyPhp","td":{"id":"a/b","parameters":[]}})",
      R"({"cn":"OnlyPhp","td":{"id":"c9","parameters":[]},"o":")" + std::string(9000, 'x') + R"("})",
  };
  for (const auto& form : forms) strangersPush(form, "100");
  strangersPush(member("ours"), "200");
  const auto session = openSession(*broker);
  const auto leased = pop(*session, forms.size());
  ASSERT_EQ(leased.size(), forms.size());
  std::vector<TaskRelease> back;
  for (const auto& each : leased)
    back.push_back({.lease = each.lease, .envelope = each.envelope, .leftToOthersUntil = systemClock().now() + 1h});
  must(session->release(back));
  for (const auto& form : forms) EXPECT_EQ(scoreOf(form), "100") << form;
  EXPECT_EQ(idsOf(pop(*session)), Ids{"ours"});
}

TEST_F(RedisPhpTest, OfTwoEqualTasksOnlyTheReleasedOneIsLeftToOthers) {
  const std::string twin = R"({"cn":"OnlyPhp","td":[]})";
  strangersPush(twin);
  const auto session = openSession(*broker);
  const auto leased = pop(*session);
  strangersPush(twin);
  must(session->release(std::vector<TaskRelease>{{.lease = leased.at(0).lease,
                                                  .envelope = leased.at(0).envelope,
                                                  .leftToOthersUntil = systemClock().now() + 1h}}));
  EXPECT_EQ(pop(*session).at(0).envelope, twin);
  EXPECT_TRUE(pop(*session).empty());
  EXPECT_EQ(waiting(), 1);
}

}  // namespace
}  // namespace leptir::redis
