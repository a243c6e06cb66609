#include "backends/mongodb/mongodb_settle.h"

#include "backends/mongodb/mongodb_queue_fixture.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;

class MongodbSettleTest : public MongodbQueueTest {
 protected:
  std::unique_ptr<MongodbBroker> broker = open();
  std::unique_ptr<BrokerSession> session = openSession(*broker, 'a');
};

TEST_F(MongodbSettleTest, ALeasedTaskThatAPhpConsumerHasTakenIsToldOnceInTheLog) {
  must(broker->pushBrokerTasks(tasks("t", 4)));
  const auto leased = leasesOf(pop(*session));
  for (const auto& id : {"t1", "t3"})
    database.ask(R"({"delete": "tasks", "deletes": [{"q": {"td.id": ")" + std::string(id) + R"("}, "limit": 1}]})");
  EXPECT_EQ(must(session->acknowledge(Leases{leased[0], leased[1]})), Leases{});
  EXPECT_EQ(must(session->acknowledge(Leases{leased[2], leased[3]})), Leases{});
  EXPECT_TRUE(stored().empty());
  const auto notices = broker->takeNotices();
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_THAT(notices[0], HasSubstr("leased tasks have vanished from the collection 'tasks' (1 now)"));
}

TEST_F(MongodbSettleTest, ATaskThatGoesBackKeepsTheSessionsThatLeaveItToOthersAsLongAsTheirTimeLasts) {
  must(broker->pushBrokerTasks(tasks("t", 1)));
  const auto other = openSession(*broker, 'b');
  const auto now = Time(1'700'000'000s);
  for (auto* each : {session.get(), other.get()}) {
    const auto leased = pop(*each);
    ASSERT_EQ(leased.size(), 1u);
    must(each->release(std::vector<TaskRelease>{{.lease = leased[0].lease, .leftToOthersUntil = now + 10s}}));
  }
  EXPECT_TRUE(pop(*session).empty());
  EXPECT_TRUE(pop(*other).empty());
  EXPECT_EQ(stored()[0].at("leptir").at("left").size(), 2u);
  server.advance(11s);
  const auto leased = pop(*session);
  ASSERT_EQ(leased.size(), 1u);
  must(session->release(std::vector<TaskRelease>{{.lease = leased[0].lease, .leftToOthersUntil = now + 60s}}));
  EXPECT_EQ(stored()[0].at("leptir").at("left").size(), 1u);
}

TEST_F(MongodbSettleTest, TextsThatLookLikeExpressionsOrAreNoTextAreStoredAsTexts) {
  must(broker->pushBrokerTasks(tasks("t", 2)));
  const auto leased = pop(*session);
  must(broker->keeper().cancel("t1", "$leptir.id"));
  EXPECT_EQ(must(session->renew(leasesOf(leased), 60s)).cancelled[0].by, "$leptir.id");
  must(session->bury(std::vector<TaskBurial>{{leased[0].lease, {}, "$td.id", ""}, {leased[1].lease, {}, "\xff", ""}}));
  EXPECT_EQ(must(broker->keeper().find("t1")).reason, "$td.id");
  EXPECT_EQ(must(broker->keeper().find("t2")).reason, "\\xff");
}

TEST_F(MongodbSettleTest, ALongReasonDoesNotPreventABurial) {
  must(broker->pushBrokerTasks(tasks("t", 1)));
  const auto leased = pop(*session);
  must(session->bury(std::vector<TaskBurial>{{leased[0].lease, {}, std::string(1 << 20, 'x'), ""}}));
  EXPECT_EQ(must(broker->keeper().find("t1")).reason.size(), 2'000u);
}

}  // namespace
}  // namespace leptir::mongodb
