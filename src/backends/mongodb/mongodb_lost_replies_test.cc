// What becomes of each operation of a queue when the connection breaks before or after the server has applied it, on a
// standalone server and on one that a proxy presents as a replica set, whose writes libmongoc repeats.
#include "backends/mongodb/mongodb_queue_fixture.h"
#include "tests/support/mongodb_proxy.h"

namespace leptir::mongodb {
namespace {

using When = MongodbFault::When;

struct Case {
  const char* name;
  When when;
  bool isReplicaSet;

  friend void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }
};

class MongodbLostRepliesTest : public MongodbQueueTest, public testing::WithParamInterface<Case> {
 protected:
  MongodbLostRepliesTest() {
    if (GetParam().isReplicaSet) proxy.announce({});
    broker = must(tryOpen(proxy.uri()));
    session = openSession(*broker, 'a');
  }

  // Breaks the connection at the next of these commands on this collection.
  void breakAt(const std::string& command, const std::string& collection = "tasks") {
    proxy.inject({command, collection}, MongodbFault::close(GetParam().when));
  }
  std::vector<LeasedTask> pushAndPop(int count, std::size_t limit = 100) {
    must(broker->pushBrokerTasks(tasks("t", count)));
    return pop(*session, limit);
  }
  TaskCounts counts() { return must(broker->tasksCount()); }
  void expectBroken() { EXPECT_GE(proxy.faults(), 1) << "the command that was to break was not sent"; }

  MongodbProxy proxy{server};
  std::unique_ptr<MongodbBroker> broker;
  std::unique_ptr<BrokerSession> session;
};

INSTANTIATE_TEST_SUITE_P(On, MongodbLostRepliesTest,
                         testing::Values(Case{"BeforeStandalone", When::Before, false},
                                         Case{"AfterStandalone", When::After, false},
                                         Case{"BeforeReplicaSet", When::Before, true},
                                         Case{"AfterReplicaSet", When::After, true}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_P(MongodbLostRepliesTest, APushAddsEachTaskOnce) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  breakAt("insert");
  must(broker->pushBrokerTasks(tasks("t", 5)));
  expectBroken();
  EXPECT_EQ(counts(), (TaskCounts{.due = 5}));
}

TEST_P(MongodbLostRepliesTest, APushWhoseServerStaysAwayNamesTheTasks) {
  proxy.inject({"insert", "tasks", 0, MongodbCommands::kAlways}, MongodbFault::close(When::Before));
  const auto pushed = broker->pushBrokerTasks(tasks("t", 3));
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(pushed.error().message(), testing::HasSubstr("not added: t1, t2, t3"));
  proxy.heal();
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(MongodbLostRepliesTest, ALeaseOfOneTaskIsReturnedOrLeavesItInTheQueue) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  breakAt("findAndModify");
  const auto popped = session->popBrokerTasks(1, 0s, wake);
  expectBroken();
  EXPECT_EQ(popped.has_value(), GetParam().when == When::After || GetParam().isReplicaSet);
  EXPECT_EQ(counts().leased, popped ? popped->size() : 0u);
  EXPECT_EQ(must(session->heldTasks()).size(), counts().leased);
}

TEST_P(MongodbLostRepliesTest, ALeaseOfSeveralTasksIsReturnedOrLeavesThemInTheQueue) {
  must(broker->pushBrokerTasks(tasks("t", 3)));
  breakAt("update");
  const auto popped = session->popBrokerTasks(10, 0s, wake);
  expectBroken();
  EXPECT_EQ(popped.has_value(), GetParam().when == When::After);
  EXPECT_EQ(counts().leased, popped ? 3u : 0u);
  EXPECT_EQ(pop(*session).size() + counts().leased, popped ? 3u : 6u);
}

TEST_P(MongodbLostRepliesTest, AnAcknowledgementRemovesTheTasks) {
  const auto leased = pushAndPop(3);
  breakAt("delete");
  EXPECT_EQ(must(session->acknowledge(leasesOf(leased))), Leases{});
  expectBroken();
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(MongodbLostRepliesTest, AReleaseReturnsTheTasksOnce) {
  const auto leased = pushAndPop(3);
  std::vector<TaskRelease> back;
  for (const auto& task : leased) back.push_back({.lease = task.lease, .counters = {.failures = 1}});
  breakAt("update");
  EXPECT_EQ(must(session->release(back)), Leases{});
  expectBroken();
  const auto again = pop(*session);
  ASSERT_EQ(again.size(), 3u);
  for (const auto& task : again) EXPECT_EQ(task.counters, Counters{.failures = 1});
}

TEST_P(MongodbLostRepliesTest, ABurialBuriesTheTasks) {
  const auto leased = pushAndPop(3);
  std::vector<TaskBurial> burials;
  for (const auto& task : leased) burials.push_back({task.lease, {.crashes = 3}, "why", task.envelope});
  breakAt("update");
  EXPECT_EQ(must(session->bury(burials)), Leases{});
  expectBroken();
  EXPECT_EQ(counts(), (TaskCounts{.buried = 3}));
}

TEST_P(MongodbLostRepliesTest, ALeaseThatIsNotOursIsNamedAlsoThen) {
  const auto leased = pushAndPop(3);
  must(session->acknowledge(Leases{leased[1].lease}));
  breakAt("update");
  std::vector<TaskRelease> back;
  for (const auto& task : leased) back.push_back({.lease = task.lease});
  EXPECT_EQ(must(session->release(back)), Leases{leased[1].lease});
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(MongodbLostRepliesTest, ARenewalProlongsTheSession) {
  const auto leased = pushAndPop(1);
  server.advance(50s);
  breakAt("update", "tasks.sessions");
  EXPECT_TRUE(must(session->renew(leasesOf(leased), 60s)).lost.empty());
  expectBroken();
  server.advance(50s);
  EXPECT_EQ(must(open()->recoverExpired(10)), 0u);
}

TEST_P(MongodbLostRepliesTest, ASessionIsOpened) {
  breakAt("update", "tasks.sessions");
  const auto other = openSession(*broker, 'b');
  expectBroken();
  must(broker->pushBrokerTasks(tasks("t", 1)));
  EXPECT_EQ(pop(*other).size(), 1u);
}

TEST_P(MongodbLostRepliesTest, ASessionIsClosedAndItsTasksAreReturned) {
  pushAndPop(2);
  breakAt("update");
  breakAt("update", "tasks.sessions");
  must(session->close());
  EXPECT_GE(proxy.faults(), 2);
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(MongodbLostRepliesTest, ATaskIsRemovedCancelledAndRevived) {
  const auto leased = pushAndPop(3);
  must(session->bury(std::vector<TaskBurial>{{leased[0].lease, {}, "why", leased[0].envelope}}));
  must(session->release(std::vector<TaskRelease>{{.lease = leased[1].lease}}));
  breakAt("delete");
  must(broker->keeper().remove("t2"));
  breakAt("update");
  EXPECT_EQ(must(broker->keeper().cancel("t3", "me@host")), CancelResult::Requested);
  breakAt("update");
  EXPECT_EQ(must(broker->keeper().revive(std::vector<std::string>{"t1"})), 1u);
  EXPECT_EQ(proxy.faults(), 3);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1, .leased = 1}));
  EXPECT_EQ(must(session->renew(Leases{leased[2].lease}, 60s)).cancelled.size(), 1u);
}

TEST_P(MongodbLostRepliesTest, ManyTasksAreRemovedRescheduledAndRevived) {
  const auto leased = pushAndPop(4);
  must(session->bury(std::vector<TaskBurial>{{leased[0].lease, {}, "why", leased[0].envelope}}));
  must(session->release(std::vector<TaskRelease>{{.lease = leased[1].lease}, {.lease = leased[2].lease}}));
  breakAt("update");
  EXPECT_EQ(must(broker->keeper().reschedule(Ids{"t1", "t2", "t3", "t4"}, Time(4'000'000'000s))), 2u);
  breakAt("update");
  EXPECT_EQ(must(broker->keeper().revive(Ids{"t1", "t2"})), 1u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1, .scheduled = 2, .leased = 1}));
  breakAt("delete");
  EXPECT_EQ(must(broker->keeper().removeMany(Ids{"t1", "t2", "t3", "t4"})), 3u);
  EXPECT_EQ(proxy.faults(), 3);
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(MongodbLostRepliesTest, ATextOfTheFleetIsPutAndErased) {
  auto& fleet = *broker->fleet();
  breakAt("update", "tasks.fleet");
  EXPECT_TRUE(must(fleet.putIfAbsent("pauses/a", "one", 1h)));
  breakAt("update", "tasks.fleet");
  EXPECT_FALSE(must(fleet.putIfAbsent("pauses/a", "two", 1h)));
  EXPECT_EQ(must(fleet.get("pauses/a")), "one");
  const auto version = must(fleet.version());
  breakAt("update", "tasks.fleet");
  must(fleet.put("pauses/a", "three", {}));
  EXPECT_NE(must(fleet.version()), version);
  breakAt("delete", "tasks.fleet");
  EXPECT_TRUE(must(fleet.erase("pauses/a")));
  EXPECT_EQ(fleet.get("pauses/a").error().code(), ErrorCode::NotFound);
  EXPECT_EQ(proxy.faults(), 4);
}

TEST_P(MongodbLostRepliesTest, RecoveryCountsEachExpiryOnce) {
  pushAndPop(3);
  expire('a');
  const auto other = must(tryOpen(proxy.uri()));
  breakAt("update");
  breakAt("update", "tasks.sessions");
  std::size_t recovered = 0;
  for (int i = 0; i < 3; ++i) recovered += other->recoverExpired(10).value_or(0);
  EXPECT_LE(recovered, 3u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 3}));
  EXPECT_EQ(must(broker->keeper().find("t1")).counters, Counters{.expiries = 1});
}

TEST_P(MongodbLostRepliesTest, AForeignDocumentIsAdoptedOnce) {
  insert(R"({"cn": "Test", "td": {"id": "t", "parameters": []}, "_id": "6553f1000.44807438"})");
  breakAt("update");
  EXPECT_EQ(pop(*session).size(), 1u);
  expectBroken();
}

}  // namespace
}  // namespace leptir::mongodb
