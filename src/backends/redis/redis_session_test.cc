// Sessions on Redis: what tests/conformance does not cover, since it is specific to Redis.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>

#include "backends/redis/redis_queue_fixture.h"
#include "backends/redis/redis_session.h"
#include "tests/support/wait_until.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisSessionTest : public RedisQueueTest {
 protected:
  // The number after `name` in a section of the reply to INFO.
  std::int64_t statistic(std::string_view section, std::string_view name) {
    const auto info = server.ask({"INFO", section}).get<std::string>();
    return std::stoll(info.substr(info.find(name) + name.size()));
  }
  std::int64_t blockedClients() { return statistic("clients", "blocked_clients:"); }
  // Three leases, each of which ends with its second task.
  std::vector<LeasedTask> leaseSixLargeTasks(BrokerSession& session) {
    std::vector<LeasedTask> leased;
    for (int i = 0; i < 3; ++i) std::ranges::move(pop(session), std::back_inserter(leased));
    EXPECT_EQ(leased.size(), 6u);
    return leased;
  }
};

TEST_F(RedisSessionTest, ALeaseReturnsAsManyTasksAsFitAndAtLeastOne) {
  const std::string large(kMaxLeaseBytes / 5 + 1024, 'x');
  for (int i = 0; i < 6; ++i) strangersPush(large + std::to_string(i));
  const auto session = openSession(*broker);
  EXPECT_EQ(pop(*session).size(), 5u);
  EXPECT_EQ(pop(*session).size(), 1u);
}

TEST_F(RedisSessionTest, TheLeaseScriptCopiesNotManyMoreBytesThanItReturns) {
  for (int i = 0; i < 150; ++i) strangersPush(std::string(std::size_t{1} << 20, 'x') + std::to_string(i));
  const auto session = openSession(*broker);
  server.ask({"CONFIG", "RESETSTAT"});
  pop(*session, 1000);
  EXPECT_LT(statistic("memory", "used_memory_vm_eval:"), 120'000'000) << "bytes of memory used by scripts";
}

// A thousand leased tasks may have 16 GiB, which no request can carry.
TEST_F(RedisSessionTest, LargeTasksAreGivenBackInPieces) {
  for (int i = 0; i < 6; ++i) strangersPush(std::string(std::size_t{15} << 20, 'x') + std::to_string(i));
  const auto itsBroker = open();
  const auto dead = openSession(*itsBroker, 'd');
  leaseSixLargeTasks(*dead);
  server.ask({"ZADD", "{leptir:ztasks}:sessions", "1", std::string(32, 'd') + ":1"});
  server.ask({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(must(broker->recoverExpired(1000)), 6u);
  EXPECT_EQ(statistic("commandstats", "cmdstat_evalsha:calls="), 1 + 2 * 3) << "a claim, and three pieces of 30 MiB";

  const auto session = openSession(*broker);
  const auto held = leaseSixLargeTasks(*session);
  std::vector<TaskRelease> back;
  for (const auto& each : held) back.push_back({each.lease, {}, Time(1s), each.envelope});
  server.ask({"CONFIG", "RESETSTAT"});
  EXPECT_TRUE(must(session->release(back)).empty());
  EXPECT_EQ(statistic("commandstats", "cmdstat_evalsha:calls="), 3);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 6}));
}

TEST_F(RedisSessionTest, AnIdleSessionIsWokenByAPushAlsoAfterAnotherStoppedWaiting) {
  const auto otherBroker = open();
  const auto deaf = openSession(*otherBroker, 'b');
  Wake enough;
  std::jthread passing([&] { must(deaf->popBrokerTasks(1, 30s, enough)); });
  ASSERT_TRUE(waitUntil([&] { return blockedClients() == 1; }));
  enough.ring();
  passing.join();

  const auto session = openSession(*broker);
  std::atomic<int> heard = 0;
  std::jthread waiter([&] { heard = static_cast<int>(must(session->popBrokerTasks(1, 30s, wake)).size()); });
  ASSERT_TRUE(waitUntil([&] { return blockedClients() == 2; }));
  must(open()->pushBrokerTasks(tasks("t", 1)));
  EXPECT_TRUE(waitUntil([&] { return heard == 1; }, 10s));
  wake.ring();
  waiter.join();
}

TEST_F(RedisSessionTest, AWaitEndedByAWakeDoesNotDelayTheNextOne) {
  const auto session = openSession(*broker);
  Wake enough;
  std::jthread passing([&] { must(session->popBrokerTasks(1, 30s, enough)); });
  ASSERT_TRUE(waitUntil([&] { return blockedClients() == 1; }));
  enough.ring();
  passing.join();
  const auto before = systemClock().bootTime();
  EXPECT_TRUE(must(session->popBrokerTasks(1, 20ms, wake)).empty());
  EXPECT_LT(systemClock().bootTime() - before, 10s);
}

TEST_F(RedisSessionTest, AUserWithoutTheRightToBlockPollsTheQueue) {
  server.ask({"ACL", "SETUSER", "hasty", "on", ">secret", "~*", "+@all", "-@blocking"});
  auto address = redisAt(server.socket());
  address.user = "hasty";
  address.password = "secret";
  const auto itsBroker = open(address);
  const auto session = openSession(*itsBroker);
  EXPECT_TRUE(must(session->popBrokerTasks(1, 20ms, wake)).empty());
  std::jthread pusher([&] { must(broker->pushBrokerTasks(tasks("t", 1))); });
  std::vector<LeasedTask> popped;
  while (popped.empty()) popped = must(session->popBrokerTasks(1, 1s, wake));
  pusher.join();
  EXPECT_EQ(popped.size(), 1u);
}

TEST_F(RedisSessionTest, WorksAfterTheServerForgotItsScripts) {
  push("t", 2);
  const auto session = openSession(*broker);
  server.ask({"SCRIPT", "FLUSH"});
  const auto held = pop(*session);
  ASSERT_EQ(held.size(), 2u);
  server.ask({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(must(session->acknowledge(std::vector<LeaseId>{held[0].lease})).empty());
  push("u", 1);
  server.ask({"SCRIPT", "FLUSH"});
  const auto both = must(session->acknowledgeAndPop(std::vector<LeaseId>{held[1].lease}, 2, wake));
  EXPECT_TRUE(both.notOurs.empty());
  EXPECT_EQ(both.tasks.size(), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.leased = 1}));
}

// All scripts of a session on a full server, for a user with rights to the keys of the queue only; in the form for
// Redis 6.2 and in that for Redis 7, since newer servers accept the old form too.
class RedisScriptsTest : public RedisQueueTest, public testing::WithParamInterface<int> {
 protected:
  ~RedisScriptsTest() override { server.ask({"CONFIG", "SET", "maxmemory", "0"}); }
};

TEST_P(RedisScriptsTest, SettleTasksOnAFullServer) {
  auto address = addressOf("few", {"~leptir:ztasks", "~{leptir:ztasks}:*", "+@all", "-@admin"});
  const auto queue =
      std::make_shared<RedisQueue>(std::make_shared<RedisConnection>(address), std::string(kQueue), GetParam());
  push("t", 5);
  openSession(*broker);
  RedisSession session(queue, std::string(32, 'a') + ":1");
  server.ask({"CONFIG", "SET", "maxmemory", "1"});

  const auto held = pop(session, 4);
  ASSERT_EQ(held.size(), 4u);
  EXPECT_TRUE(must(session.renew(std::vector<LeaseId>{held[0].lease}, 1h)).lost.empty());
  must(session.acknowledge(std::vector<LeaseId>{held[0].lease}));
  must(session.release(std::vector<TaskRelease>{{held[1].lease, {.failures = 1}, Time(1s), held[1].envelope}}));
  must(session.bury(std::vector<TaskBurial>{{held[2].lease, {}, "why", held[2].envelope}}));
  EXPECT_FALSE(broker->pushBrokerTasks(tasks("more", 1)));
  must(session.close());
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 3, .buried = 1}));
  EXPECT_EQ(must(RedisTaskKeeper(queue).revive(std::vector<std::string>{"t2"})), 1u);
}

INSTANTIATE_TEST_SUITE_P(Both, RedisScriptsTest, testing::Values(60200, 70015),
                         [](const auto& version) { return "Version" + std::to_string(version.param); });

}  // namespace
}  // namespace leptir::redis
