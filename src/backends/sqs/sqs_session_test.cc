// Leases against the emulator of Amazon SQS.
#include "backends/sqs/sqs_session.h"

#include <gmock/gmock.h>

#include <thread>

#include "backends/sqs/sqs_fixture.h"
#include "task/envelope_counters.h"

namespace leptir::sqs {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;
using Leases = std::vector<LeaseId>;

class SqsSessionTest : public SqsTest {
 protected:
  static std::vector<TaskRelease> release(const LeasedTask& task, std::optional<Time> due = {}) {
    return {{.lease = task.lease, .counters = task.counters, .due = due, .envelope = task.envelope}};
  }
  // What another process of the instance would have.
  std::unique_ptr<BrokerSession> resumeElsewhere(char letter) {
    laterBroker = must(laterBackend.openBroker(connection(), BrokerUse::Dispatch));
    return must(laterBroker->resumeSession(sessionId(letter)));
  }

  SqsBackend laterBackend{clock};
  std::unique_ptr<SimpleBroker> laterBroker;
};

TEST_F(SqsSessionTest, ATaskKeepsItsBytesAndIsGoneOnceItIsAcknowledged) {
  const std::string parameters = "[\"\xc4\x8d \xef\xbf\xbd\", 1.0, 12345678901234567890]";
  must(broker->pushBrokerTasks(std::vector<BrokerTask>{{.id = "t", .name = "Test", .parameters = parameters}}));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  EXPECT_NE(leased.envelope.find(parameters), std::string::npos) << leased.envelope;
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{});
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{leased.lease});
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_F(SqsSessionTest, AnInstanceWhoseLeaseHasEndedDoesNotDeleteTheMessageThatAnotherOneHasReceived) {
  push({"t"});
  const auto one = openSession('a'), other = openSession('b');
  const auto first = popOne(*one);
  advance(61s);
  const auto second = popOne(*other);
  EXPECT_EQ(second.counters, (Counters{.expiries = 1}));
  EXPECT_EQ(must(one->acknowledge(Leases{first.lease})), Leases{first.lease});
  EXPECT_EQ(must(one->release(release(first))), Leases{first.lease});
  EXPECT_EQ(must(one->renew(Leases{first.lease}, 60s)).lost, Leases{first.lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
  EXPECT_EQ(must(other->acknowledge(Leases{second.lease})), Leases{});
}

TEST_F(SqsSessionTest, RenewalsProlongAllLeasesOfTheSessionNotOnlyThoseOfRunningTasks) {
  push({"a", "b", "c"});
  const auto session = openSession('a');
  const auto leased = pop(*session);
  ASSERT_THAT(leased, SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    advance(40s);
    EXPECT_THAT(must(session->renew(Leases{leased[0].lease}, 60s)).lost, IsEmpty());
  }
  EXPECT_THAT(pop(*openSession('b')), IsEmpty());
  Leases all;
  for (const auto& each : leased) all.push_back(each.lease);
  EXPECT_EQ(must(session->acknowledge(all)), Leases{});
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_F(SqsSessionTest, ALeaseThatCannotLastForAnotherRenewalIsReportedAsLostBeforeItEnds) {
  push({"t"});
  const auto session = openSession('a', 2h);
  const auto leased = popOne(*session);
  for (int i = 0; i < 9; ++i) {
    advance(1h);
    EXPECT_THAT(must(session->renew({}, 2h)).lost, IsEmpty()) << i;
  }
  advance(90min);
  EXPECT_EQ(must(session->renew({}, 2h)).lost, Leases{leased.lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1})) << "it returns when its last renewal ends";
}

TEST_F(SqsSessionTest, ALeaseThatTheServiceRefusesToProlongIsLost) {
  push({"t"});
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  server.limitVisibility(30s);
  const auto lost = must(session->renew({}, 60s)).lost;
  server.limitVisibility(12h);
  EXPECT_EQ(lost, Leases{leased.lease});
}

TEST_F(SqsSessionTest, ALaterProcessOfTheInstanceSettlesWhatTheEarlierOneHasLeased) {
  push({"a", "b"});
  const auto earlier = openSession('a');
  const auto first = popOne(*earlier), second = popOne(*earlier);
  const auto later = resumeElsewhere('a');
  EXPECT_EQ(must(later->acknowledge(Leases{first.lease})), Leases{});
  EXPECT_THAT(must(later->renew(Leases{second.lease}, 60s)).lost, IsEmpty());
  EXPECT_EQ(must(later->release(release(second))), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
}

TEST_F(SqsSessionTest, ALaterProcessLeavesALeaseAloneThatHasEndedMeanwhile) {
  push({"t"});
  const auto first = popOne(*openSession('a'));
  advance(61s);
  const auto other = openSession('b');
  const auto second = popOne(*other);
  const auto later = resumeElsewhere('a');
  EXPECT_EQ(must(later->acknowledge(Leases{first.lease})), Leases{first.lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
  EXPECT_EQ(must(other->acknowledge(Leases{second.lease})), Leases{});
}

TEST_F(SqsSessionTest, AnotherInstanceOrEpochCannotSettleALease) {
  push({"t"});
  const auto lease = popOne(*openSession('a')).lease;
  EXPECT_EQ(must(resumeElsewhere('b')->acknowledge(Leases{lease})), Leases{lease});
  const auto later = must(laterBroker->openSession(sessionId('a', 2), {}, 60s));
  EXPECT_EQ(must(later->acknowledge(Leases{lease})), Leases{lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_F(SqsSessionTest, ASessionThatIsResumedInTheSameProcessGoesOnWhereItWas) {
  push({"t"});
  auto session = openSession('a');
  const auto leased = popOne(*session);
  session.reset();
  broker = open();
  session = must(broker->resumeSession(sessionId('a')));
  const auto held = must(session->heldTasks());
  ASSERT_THAT(held, SizeIs(1));
  EXPECT_EQ(held[0].lease, leased.lease);
  EXPECT_EQ(held[0].envelope, leased.envelope);
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{});
  EXPECT_THAT(must(session->heldTasks()), IsEmpty());
}

TEST_F(SqsSessionTest, AReleaseIsNoExpiryAndKeepsTheCountersThatItIsGiven) {
  push({"t"});
  const auto session = openSession('a');
  auto task = popOne(*session);
  for (std::uint32_t failures = 1; failures <= 3; ++failures) {
    task.counters.failures = failures;
    must(session->release(release(task)));
    task = popOne(*session);
    EXPECT_EQ(task.counters, (Counters{.failures = failures}));
  }
}

// Else the record of the second run would count as older than that of the first.
TEST_F(SqsSessionTest, AReleasedTaskGetsAHigherLeaseNumberAlsoFromAnInstanceWhoseClockIsBehind) {
  push({"t"});
  const auto session = openSession('a');
  const auto first = popOne(*session);
  EXPECT_EQ(must(session->release(release(first))), Leases{});
  OffsetClock behind;
  behind.advance(-5s);
  SqsBackend other{behind};
  const auto otherBroker = must(other.openBroker(connection(), BrokerUse::Dispatch));
  const auto second = popOne(*must(otherBroker->openSession(sessionId('b'), {}, 60s)));
  EXPECT_GT(second.lease.number, first.lease.number);
}

TEST_F(SqsSessionTest, AReleasedTaskIsLeasedAtItsTimeAndNotBefore) {
  push({"t"});
  const auto session = openSession('a');
  must(session->release(release(popOne(*session), systemClock().now() + 20s)));
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
  advance(19s);
  EXPECT_THAT(pop(*session), IsEmpty());
  advance(2s);
  EXPECT_THAT(pop(*session), SizeIs(1));
}

TEST_F(SqsSessionTest, ATaskThatIsLeftToOthersIsLeasedByNoSessionBeforeThatTime) {
  push({"t"});
  const auto session = openSession('a'), other = openSession('b');
  const auto task = popOne(*session);
  auto back = release(task);
  back[0].leftToOthersUntil = systemClock().now() + 30s;
  must(session->release(back));
  EXPECT_THAT(pop(*other), IsEmpty());
  advance(31s);
  EXPECT_THAT(pop(*other), SizeIs(1));
}

TEST_F(SqsSessionTest, ATaskThatIsDueInFortyMinutesTravelsInHopsAndKeepsItsCounters) {
  push({"t"}, systemClock().now() + 40min);
  const auto session = openSession('a');
  for (int hop = 1; hop <= 2; ++hop) {
    advance(901s);
    EXPECT_THAT(pop(*session), IsEmpty()) << hop;
    EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1})) << hop;
  }
  advance(601s);
  EXPECT_EQ(popOne(*session).counters, Counters{});
}

TEST_F(SqsSessionTest, TheTaskOfALeaseThatEndsAgainAndAgainWaitsLongerEachTime) {
  push({"t"});
  const auto session = openSession('a');
  popOne(*session);
  advance(61s);
  EXPECT_EQ(popOne(*session).counters.expiries, 1u) << "the first time it returns at once";
  advance(61s);
  EXPECT_THAT(pop(*session), IsEmpty());
  advance(6s);
  EXPECT_EQ(popOne(*session).counters.expiries, 2u);
}

TEST_F(SqsSessionTest, WithoutAQueueForThemBuriedTasksAreDeleted) {
  push({"t"});
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  const std::vector<TaskBurial> burial{{leased.lease, {.crashes = 3}, "it crashed", leased.envelope}};
  EXPECT_EQ(must(session->bury(burial)), Leases{});
  EXPECT_EQ(must(session->bury(burial)), Leases{leased.lease});
  EXPECT_EQ(counts(), TaskCounts{});
  EXPECT_FALSE(broker->traits().keepsBuried);
}

TEST_F(SqsSessionTest, BuriedTasksAreSentToTheirQueueWithReasonAndCounters) {
  SqsTestQueue buried(server);
  auto how = connection();
  how["buried_queue"] = buried.address();
  broker = open(how);
  pushRaw("hello", {{"MessageAttributes", {{"trace", {{"DataType", "String"}, {"StringValue", "abc"}}}}}});
  push({"t"});
  const auto session = openSession('a');
  std::vector<TaskBurial> burials;
  const auto leased = pop(*session);
  ASSERT_THAT(leased, SizeIs(2));
  for (const auto& task : leased) burials.push_back({task.lease, {.crashes = 3}, "it \"crashed\"", task.envelope});
  EXPECT_EQ(must(session->bury(burials)), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.buried = 2}));
  EXPECT_TRUE(broker->traits().keepsBuried);
  const auto found = buried.ask("ReceiveMessage", {{"MaxNumberOfMessages", 10}, {"MessageAttributeNames", {"All"}}});
  ASSERT_EQ(found.at("Messages").size(), 2u);
  for (const auto& message : found.at("Messages")) {
    const auto body = message.at("Body").get<std::string>();
    const auto note = Json::parse(message.at("MessageAttributes").at("leptir").at("StringValue").get<std::string>());
    EXPECT_EQ(note.at("reason"), "it \"crashed\"");
    EXPECT_EQ(task::countersIn(body), body == "hello" ? Counters{} : Counters{.crashes = 3});
    EXPECT_EQ(message.at("MessageAttributes").contains("trace"), body == "hello");
  }
}

TEST_F(SqsSessionTest, CloseGivesBackWhatIsLeasedWithItsCountersAndWithoutAnExpiry) {
  must(broker->pushBrokerTasks(std::vector<BrokerTask>{{.id = "t", .name = "Test", .counters = {.failures = 2}}}));
  const auto session = openSession('a');
  popOne(*session);
  must(session->close());
  EXPECT_EQ(session->close().error().code(), ErrorCode::Lost);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(popOne(*openSession('b')).counters, (Counters{.failures = 2}));
}

TEST_F(SqsSessionTest, CloseLeavesATaskAloneWhoseLeaseHasEnded) {
  push({"t"});
  const auto session = openSession('a');
  popOne(*session);
  advance(61s);
  must(session->close());
  EXPECT_EQ(counts(), (TaskCounts{.due = 1})) << "it is not sent a second time";
}

TEST_F(SqsSessionTest, AttributesOfOtherProgramsSurviveARelease) {
  const Json trace{{"trace", {{"DataType", "Binary"}, {"BinaryValue", "AAE="}}}};
  pushRaw(R"({"cn":"Test","td":{"id":"t"}})", {{"MessageAttributes", trace}});
  const auto session = openSession('a');
  must(session->release(release(popOne(*session))));
  const auto found = queue.ask("ReceiveMessage", {{"MessageAttributeNames", {"All"}}});
  EXPECT_EQ(found.at("Messages").at(0).at("MessageAttributes").at("trace").at("BinaryValue"), "AAE=");
}

TEST_F(SqsSessionTest, AttributesOfOtherProgramsSurviveTheReleaseByALaterProcess) {
  for (const std::size_t bytes : {3, 3000}) {
    pushRaw(R"({"cn":"Test","td":{"id":"t"}})",
            {{"MessageAttributes", {{"trace", {{"DataType", "String"}, {"StringValue", std::string(bytes, 'x')}}}}}});
    const char instance = bytes < 1000 ? 'a' : 'b';
    auto task = popOne(*openSession(instance));
    const auto later = resumeElsewhere(instance);
    task.counters.failures = 1;
    EXPECT_EQ(must(later->release(release(task))), Leases{});
    const auto found = queue.ask("ReceiveMessage", {{"MessageAttributeNames", {"All"}}}).at("Messages").at(0);
    EXPECT_EQ(found.at("MessageAttributes").at("trace").at("StringValue"), std::string(bytes, 'x'));
    const auto counters = task::countersIn(found.at("Body").get<std::string>());
    EXPECT_EQ(counters.failures, bytes < 1000 ? 1u : 0u) << "without room in the handle it goes back as it is";
    queue.ask("DeleteMessage", {{"ReceiptHandle", found.at("ReceiptHandle")}});
  }
}

TEST_F(SqsSessionTest, AMessageWithoutRoomForCountersIsGivenBackByItsVisibility) {
  std::string body = R"({"cn":"Test","td":{"id":"t","parameters":[")";
  body += std::string(256 * 1024 - body.size() - 5, 'x') + "\"]}}";
  SqsTestQueue small(server, R"({"MaximumMessageSize": "262144"})");
  small.ask("SendMessage", {{"MessageBody", body}});
  auto how = connection();
  how["sqs_queue"] = small.address();
  broker = open(how);
  const auto session = openSession('a');
  auto task = popOne(*session);
  task.counters.failures = 1;
  EXPECT_EQ(must(session->release(release(task, systemClock().now() + 20s))), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1})) << "invisible for its delay";
  advance(21s);
  EXPECT_EQ(popOne(*session).counters, (Counters{.expiries = 1})) << "bounded by the expiries";
}

TEST_F(SqsSessionTest, MalformedBodiesAreLeasedAsTheyAre) {
  const std::vector<std::string> bodies{
      "hello", "5", "{}", "aGVsbG8=", R"({"Type":"Notification","Message":"{}"})", std::string(1000, '[')};
  for (const auto& body : bodies) pushRaw(body);
  std::vector<std::string> leased;
  for (const auto& task : pop(*openSession('a'))) leased.push_back(task.envelope);
  EXPECT_THAT(leased, testing::UnorderedElementsAreArray(bodies));
}

}  // namespace
}  // namespace leptir::sqs
