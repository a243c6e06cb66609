// Opening, counts, pushes and rights against the emulator of Amazon SQS.
#include "backends/sqs/sqs_broker.h"

#include <gmock/gmock.h>

#include "backends/sqs/sqs_fixture.h"

namespace leptir::sqs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SqsBrokerTest : public SqsTest {
 protected:
  Error whyNot(const Json& how, BrokerUse use = BrokerUse::Dispatch) {
    const auto opened = backend.openBroker(how, use);
    if (opened) throw std::runtime_error("it was opened");
    return opened.error();
  }
  Json at(const std::string& address) {
    auto how = connection();
    how["sqs_queue"] = address;
    return how;
  }
  std::vector<std::string> warningsOf(const std::string& attributes) {
    const SqsTestQueue other(server, attributes);
    return open(at(other.address()))->traits().warnings;
  }
};

TEST_F(SqsBrokerTest, AQueueThatDoesNotExistIsAnErrorOfTheConfiguration) {
  for (const auto use : {BrokerUse::Push, BrokerUse::Dispatch, BrokerUse::Inspect}) {
    const auto error = whyNot(at(server.queueAddress("none")), use);
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(), HasSubstr("queue none: "));
    EXPECT_THAT(error.message(), HasSubstr("create it, or correct its address"));
  }
}

TEST_F(SqsBrokerTest, AQueueOfBuriedTasksThatDoesNotExistIsAnErrorExceptForPushes) {
  auto how = connection();
  how["buried_queue"] = server.queueAddress("none");
  EXPECT_EQ(whyNot(how).code(), ErrorCode::Invalid);
  EXPECT_TRUE(open(how, BrokerUse::Push));
}

TEST_F(SqsBrokerTest, AQueueOfBuriedTasksThatTakesLessThanTheQueueIsRefused) {
  const SqsTestQueue small(server, R"({"MaximumMessageSize": "2048"})");
  auto how = connection();
  how["buried_queue"] = small.address();
  const auto error = whyNot(how);
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), HasSubstr(small.name() + " takes messages of 2048 bytes at most"));
  EXPECT_THAT(error.message(), HasSubstr("raise its MaximumMessageSize"));
}

TEST_F(SqsBrokerTest, AServerThatIsNotThereIsUnavailable) {
  auto how = connection();
  how["endpoint"] = "http://127.0.0.1:9";
  const auto error = whyNot(how);
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("127.0.0.1:9"));
}

TEST_F(SqsBrokerTest, WarnsOfSettingsThatMoveOrDeleteTasks) {
  EXPECT_THAT(broker->traits().warnings, IsEmpty());
  EXPECT_THAT(warningsOf(R"({"MessageRetentionPeriod": "3600"})"), ElementsAre(HasSubstr("MessageRetentionPeriod")));
  const SqsTestQueue dead(server);
  const Json policy{{"deadLetterTargetArn", "arn:aws:sqs:us-east-1:000000000000:" + dead.name()},
                    {"maxReceiveCount", "5"}};
  EXPECT_THAT(warningsOf(Json{{"RedrivePolicy", policy.dump()}}.dump()), ElementsAre(HasSubstr("maxReceiveCount")));
}

TEST_F(SqsBrokerTest, CountsTasksByState) {
  push({"a", "b", "c"});
  push({"later"}, systemClock().now() + 1h);
  const auto session = openSession('a');
  ASSERT_FALSE(pop(*session, 1).empty());
  EXPECT_EQ(counts(), (TaskCounts{.due = 2, .scheduled = 1, .leased = 1}));
}

TEST_F(SqsBrokerTest, ATaskThatIsTooLargeIsRefusedBeforeAnythingIsSent) {
  const SqsTestQueue small(server, R"({"MaximumMessageSize": "2048"})");
  broker = open(at(small.address()));
  const auto most = broker->traits().largestEnvelope;
  EXPECT_EQ(most, 2048 - 256u);
  BrokerTask fits{.id = "fits", .name = "Test"}, large{.id = "large", .name = "Test"};
  large.parameters = '"' + std::string(most, 'x') + '"';
  const auto pushed = broker->pushBrokerTasks(std::vector{fits, large});
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::TooLarge);
  EXPECT_THAT(pushed.error().message(), HasSubstr("task large has"));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_F(SqsBrokerTest, ABatchHasNoMoreBytesThanTheQueueAllows) {
  std::vector<BrokerTask> tasks;
  for (int i = 0; i < 12; ++i) {
    tasks.push_back({.id = "t" + std::to_string(i), .name = "Test"});
    tasks.back().parameters = '"' + std::string(100'000, 'x') + '"';
  }
  must(broker->pushBrokerTasks(tasks));
  EXPECT_EQ(counts().due, 12u);
}

TEST_F(SqsBrokerTest, TryingTheRightsChangesNothing) {
  push({"t"});
  must(broker->checkRights());
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(popOne(*openSession('a')).counters, Counters{}) << "nothing has received it";
}

TEST_F(SqsBrokerTest, TheRightsOfADeletedQueueCannotBeTried) {
  server.deleteQueue(queue.name());
  const auto tried = broker->checkRights();
  server.createQueue(queue.name());
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message(), HasSubstr("create it"));
}

TEST_F(SqsBrokerTest, CommandsThatNeedASingleTaskAreUnsupported) {
  auto& keeper = broker->keeper();
  EXPECT_EQ(keeper.find("t").error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(keeper.cancel("t", "me").error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(keeper.listSessions({}).error().code(), ErrorCode::Unsupported);
  const std::vector<std::string> ids{"t"};
  EXPECT_EQ(keeper.removeMany(ids).error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(keeper.reschedule(ids, {}).error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(keeper.earliestDue().error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(broker->fleet(), nullptr);
}

TEST_F(SqsBrokerTest, AnErrorOfWhatAmazonSqsCannotDoSaysWhatToDoInstead) {
  auto& keeper = broker->keeper();
  EXPECT_EQ(keeper.list({}, "", 10).error().message(),
            "Amazon SQS cannot list its tasks; `leptir info ID` and `leptir tasks` show the records of tasks that have "
            "begun");
  EXPECT_THAT(keeper.revive({}).error().message(), HasSubstr("the record of such a task has its envelope"));
}

TEST_F(SqsBrokerTest, IsNoMetaStorage) {
  EXPECT_EQ(backend.openMetaStorage(connection(), {}).error().code(), ErrorCode::Unsupported);
  EXPECT_THAT(std::string(backend.whyNoRecords()), HasSubstr("use sqlite, redis or mongodb"));
}

TEST_F(SqsBrokerTest, CountsItsRequestsWithThoseOfItsSessions) {
  const auto before = broker->requestsSent()->sent;
  push({"t"});
  const auto session = openSession('a');
  must(session->acknowledge(std::vector<LeaseId>{popOne(*session).lease}));
  EXPECT_GE(broker->requestsSent()->sent, before + 3);
  const auto again = open();
  const auto resumed = must(again->resumeSession(sessionId('a')));
  EXPECT_LE(again->requestsSent()->sent, 2u) << "what an earlier object has sent is not counted again";
}

}  // namespace
}  // namespace leptir::sqs
