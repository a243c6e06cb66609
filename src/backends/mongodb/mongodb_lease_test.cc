#include "backends/mongodb/mongodb_lease.h"

#include <set>
#include <thread>

#include "backends/mongodb/mongodb_queue_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

class MongodbLeaseTest : public MongodbQueueTest {
 protected:
  // Pushes t1, t2, … with parameters of so many bytes, one by one.
  void pushLarge(int count, std::size_t bytes) {
    for (auto& each : tasks("t", count)) {
      each.parameters = '"' + std::string(bytes, 'x') + '"';
      must(broker->pushBrokerTasks(std::vector{each}));
    }
  }
  static Ids idsIn(const std::vector<LeasedTask>& leased) {
    Ids ids;
    for (const auto& each : leased) ids.push_back(idIn(each));
    return ids;
  }

  std::unique_ptr<MongodbBroker> broker = open();
};

TEST_F(MongodbLeaseTest, ACycleOf64TasksTakesAtMostFiveRoundTripsBesideItsRecords) {
  MongodbProxy proxy(server);
  const auto counted = must(tryOpen(proxy.uri()));
  const auto session = openSession(*counted, 'a');
  must(broker->pushBrokerTasks(tasks("t", 64 * 4)));
  auto leased = pop(*session, 64);
  proxy.forget();
  const auto begin = systemClock().bootTime();
  for (int cycle = 0; cycle < 3; ++cycle) {
    auto both = must(session->acknowledgeAndPop(leasesOf(leased), 64, wake));
    EXPECT_TRUE(both.notOurs.empty());
    leased = std::move(both.tasks);
    ASSERT_EQ(leased.size(), 64u);
  }
  const auto adoptions = 1 + (systemClock().bootTime() - begin) / 500ms;  // a search for foreign documents
  EXPECT_LE(proxy.roundTrips(), 3 * 5 + adoptions) << Json(proxy.counts());
}

TEST_F(MongodbLeaseTest, EightSessionsOfOneQueueLeaseEachTaskOnce) {
  constexpr int kTasks = 1'000;
  must(broker->pushBrokerTasks(tasks("t", kTasks)));
  std::vector<std::unique_ptr<MongodbBroker>> brokers;
  std::vector<std::unique_ptr<BrokerSession>> sessions;
  std::vector<std::vector<std::string>> taken(8);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    brokers.push_back(open());
    sessions.push_back(openSession(*brokers.back(), static_cast<char>('a' + i)));
  }
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      Wake own;
      const std::size_t limit = i % 2 == 0 ? 1 : 32;
      for (auto some = must(sessions[i]->popBrokerTasks(limit, 0s, own)); !some.empty();
           some = must(sessions[i]->acknowledgeAndPop(leasesOf(some), limit, own)).tasks) {
        for (const auto& each : some) taken[i].push_back(idIn(each));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::multiset<std::string> all;
  for (const auto& each : taken) all.insert(each.begin(), each.end());
  for (const auto& leased : pop(*sessions[0], kTasks)) all.insert(idIn(leased));  // what contention has left
  EXPECT_EQ(all.size(), kTasks);
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), kTasks);
}

TEST_F(MongodbLeaseTest, ALeaseReadsSomeOfManyLargeTasks) {
  pushLarge(6, 4'000'000);
  MongodbProxy proxy(server);
  proxy.announce({.maxWireVersion = 8});  // MongoDB 4.2, which does not tell the size of a document
  const auto old = must(tryOpen(proxy.uri()));
  for (auto* const each : {broker.get(), old.get()}) {
    const auto session = openSession(*each, each == old.get() ? 'o' : 'a');
    EXPECT_EQ(pop(*session).size(), 5u);
    EXPECT_EQ(pop(*session).size(), 1u);
    must(session->close());
  }
}

// A server must answer each command in time, also if it is slow.
TEST_F(MongodbLeaseTest, LargeTasksAreMarkedAndReadByCommandsOf8MiBAtMost) {
  pushLarge(5, 3'000'000);
  MongodbProxy proxy(server);
  const auto counted = must(tryOpen(proxy.uri()));
  const auto session = openSession(*counted, 'a');
  proxy.forget();
  EXPECT_EQ(idsIn(pop(*session)), (Ids{"t1", "t2", "t3", "t4", "t5"}));
  std::vector<std::size_t> marked;
  for (const auto& command : proxy.received("update")) {
    const auto& filter = command.at("updates").at(0).at("q");
    if (command.at("update") == "tasks" && filter.contains("_id")) marked.push_back(filter.at("_id").at("$in").size());
  }
  EXPECT_EQ(marked, (std::vector<std::size_t>{2, 2, 1}));
}

TEST_F(MongodbLeaseTest, ALeaseThatFailsBehindItsFirstTasksIsAnErrorAndTheSessionHoldsThese) {
  pushLarge(5, 3'000'000);
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  const auto session = openSession(*other, 'a');
  ASSERT_TRUE(must(session->heldTasks()).empty());
  proxy.inject({"update", "tasks", 1, 1}, MongodbFault::error(MongodbFault::When::Before, 10107, "NotWritablePrimary"));
  EXPECT_FALSE(session->popBrokerTasks(100, 0s, wake)) << "fewer tasks would say that no other is due";
  EXPECT_EQ(proxy.faults(), 1);
  EXPECT_EQ(idsIn(must(session->heldTasks())), (Ids{"t1", "t2"}));
  EXPECT_EQ(idsIn(pop(*session)), (Ids{"t3", "t4", "t5"}));
}

// A document of another program may be so large that the fields of a lease do not fit into it.
TEST_F(MongodbLeaseTest, ATaskThatHasNoRoomForALeaseIsBuriedAndTheOthersAreLeased) {
  MongodbProxy proxy(server);
  const auto other = must(tryOpen(proxy.uri()));
  const auto session = openSession(*other, 'a');
  must(broker->pushBrokerTasks(tasks("t", 3)));
  const auto tooLarge = MongodbFault::writeError(0, 17419, "Resulting document after update is too large");
  proxy.inject({"update", "tasks", 0, 2}, tooLarge);  // all at once, then one by one
  const auto leased = pop(*session);
  EXPECT_EQ(proxy.faults(), 2);
  ASSERT_EQ(leased.size(), 2u);
  EXPECT_EQ(idIn(leased[0]), "t2");
  EXPECT_EQ(must(broker->keeper().find("t1")).state, TaskState::Buried);
}

// One has room for adoption but not for a lease, the other not even for that.
TEST_F(MongodbLeaseTest, DocumentsOfNearlyTheLargestSizeHoldUpNoOther) {
  constexpr std::size_t kLargest = std::size_t{16} << 20, kFields = 58;
  for (const auto& [id, room] : {std::pair("a", 100), std::pair("b", 20)})
    insert(R"({"_id": ")" + std::string(id) + R"(", "cn": "Test", "td": {"id": ")" + id + R"("}, "pad": ")" +
           std::string(kLargest - kFields - room, 'x') + "\"}");
  must(broker->pushBrokerTasks(tasks("t", 3)));
  const auto session = openSession(*broker, 'a');
  EXPECT_EQ(pop(*session).size(), 3u);
  EXPECT_EQ(must(broker->keeper().find("a")).state, TaskState::Buried);
  EXPECT_EQ(broker->takeBurials().size(), 1u);
  EXPECT_THAT(broker->takeNotices(), testing::ElementsAre(testing::HasSubstr("'\"b\"'")));
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.leased = 3, .buried = 1}));
}

TEST_F(MongodbLeaseTest, ATaskWithALeaseNumberOfAClockThatWasAheadIsLeasedAndItsNumberRises) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  const std::int64_t ahead = 1'700'000'100'000'000;
  database.ask(R"({"update": "tasks", "updates": [{"q": {"leptir.id": "t1"}, "u": {"$set": {"leptir.lease": )"
               R"({"$numberLong": "1700000100000000"}}}}]})");
  const auto session = openSession(*broker, 'a');
  std::uint64_t number = 0;
  for (int i = 0; i < 2; ++i) {
    for (const auto& leased : pop(*session, 1)) {
      if (idIn(leased) == "t1") number = leased.lease.number;
    }
  }
  EXPECT_GT(number, static_cast<std::uint64_t>(ahead));
}

TEST_F(MongodbLeaseTest, ALeaseThatIsMarkedAfterItsSessionWasClaimedIsFoundByRecovery) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  const auto session = openSession(*broker, 'a');
  expire('a');
  EXPECT_EQ(must(open()->recoverExpired(10)), 0u);
  database.ask(R"({"update": "tasks", "updates": [{"q": {"leptir.id": "t1"}, "u": {"$set": {"leptir.state": "leased", )"
               R"("leptir.lease": 7, "leptir.session": ")" +
               std::string(32, 'a') + R"(:1"}}}]})");
  EXPECT_EQ(must(open()->recoverExpired(10)), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 2}));
}

TEST_F(MongodbLeaseTest, ATaskThatIsLeasedByNoSessionIsGivenBack) {
  must(broker->pushBrokerTasks(tasks("t", 1)));
  database.ask(R"({"update": "tasks", "updates": [{"q": {}, "u": {"$set": {"leptir.state": "leased"}}}]})");
  EXPECT_EQ(must(broker->recoverExpired(10)), 1u);
  EXPECT_EQ(must(broker->tasksCount()), (TaskCounts{.due = 1}));
}

}  // namespace
}  // namespace leptir::mongodb
