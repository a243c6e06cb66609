// What becomes of tasks when the service or the network fails, through a proxy before the emulator.
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "backends/sqs/sqs_fixture.h"
#include "tests/support/sqs_proxy.h"

namespace leptir::sqs {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Leases = std::vector<LeaseId>;
using How = SqsFault::How;

class SqsFaultsTest : public SqsTest {
 protected:
  SqsFaultsTest() { broker = open(throughProxy()); }

  Json throughProxy() const {
    auto how = connection();
    how["sqs_queue"] = proxy.queueAddress(queue.name());
    return how;
  }
  Result<void> tryPush(int count) {
    std::vector<BrokerTask> tasks;
    for (int i = 0; i < count; ++i) tasks.push_back({.id = "t" + std::to_string(i), .name = "Test"});
    return broker->pushBrokerTasks(tasks);
  }
  std::uint64_t stored() {
    const auto now = counts();
    return now.due + now.scheduled + now.leased;
  }

  SqsProxy proxy{server};
};

TEST_F(SqsFaultsTest, EntriesThatFailByNoFaultOfOursAreSentAgainAndNoOthers) {
  proxy.inject("SendMessageBatch",
               {.how = How::FailEntries, .code = "InternalError", .entries = {"1", "3"}, .senderFault = false});
  ASSERT_TRUE(tryPush(5));
  EXPECT_EQ(stored(), 5u);
  const auto batches = proxy.received("SendMessageBatch");
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches[1].at("Entries").size(), 2u);
}

TEST_F(SqsFaultsTest, EntriesThatTheServiceRefusesAreNamedAndTheOthersAreAdded) {
  proxy.inject("SendMessageBatch",
               {.how = How::FailEntries, .code = "InvalidMessageContents", .message = "bad", .entries = {"1"}});
  const auto pushed = tryPush(3);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(pushed.error().message(), HasSubstr("InvalidMessageContents"));
  EXPECT_THAT(pushed.error().message(), HasSubstr("these tasks were not added: t1"));
  EXPECT_EQ(stored(), 2u);
}

TEST_F(SqsFaultsTest, ThrottledPushesAreSentAgainWithoutDoublingATask) {
  proxy.inject("SendMessageBatch", {.status = 400, .code = "RequestThrottled"});
  proxy.inject("SendMessageBatch", {.status = 503, .code = "ServiceUnavailable"});
  ASSERT_TRUE(tryPush(10));
  EXPECT_EQ(stored(), 10u);
  EXPECT_EQ(broker->requestsSent()->throttled, 1u);
  EXPECT_GE(broker->requestsSent()->repeated, 2u);
}

TEST_F(SqsFaultsTest, APushWhoseAnswerIsLostIsAnErrorAndIsNotRepeated) {
  proxy.inject("SendMessageBatch", {.how = How::LoseReply});
  const auto pushed = tryPush(2);
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(pushed.error().message(), HasSubstr("these tasks were perhaps not added: t0, t1"));
  EXPECT_EQ(proxy.count("SendMessageBatch"), 1);
  EXPECT_EQ(stored(), 2u);
}

TEST_F(SqsFaultsTest, OnlyTheBatchThatFailedIsNamed) {
  proxy.inject("SendMessageBatch", {.how = How::CutReply, .containing = "t10"});
  const auto pushed = tryPush(30);
  ASSERT_FALSE(pushed);
  EXPECT_THAT(pushed.error().message(), HasSubstr("t10, t11"));
  EXPECT_THAT(pushed.error().message(), Not(HasSubstr("t9")));
  EXPECT_THAT(pushed.error().message(), Not(HasSubstr("t20")));
}

TEST_F(SqsFaultsTest, ADeletionWhoseAnswerIsLostIsRepeated) {
  ASSERT_TRUE(tryPush(3));
  const auto session = openSession('a');
  Leases leases;
  for (const auto& task : pop(*session)) leases.push_back(task.lease);
  proxy.inject("DeleteMessageBatch", {.how = How::LoseReply});
  EXPECT_EQ(must(session->acknowledge(leases)), Leases{});
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_F(SqsFaultsTest, AnAcknowledgementThatFailsInPartIsCompletedByTheNextCall) {
  ASSERT_TRUE(tryPush(3));
  const auto session = openSession('a');
  Leases leases;
  for (const auto& task : pop(*session)) leases.push_back(task.lease);
  ASSERT_THAT(leases, SizeIs(3));
  proxy.inject("DeleteMessageBatch", {.how = How::FailEntries,
                                      .code = "InternalError",
                                      .entries = {"0"},
                                      .senderFault = false,
                                      .times = SqsFault::kAlways});
  EXPECT_EQ(session->acknowledge(leases).error().code(), ErrorCode::Unavailable);
  proxy.heal();
  EXPECT_THAT(must(session->acknowledge(leases)), SizeIs(2)) << "two are gone already";
  EXPECT_EQ(counts(), TaskCounts{});
}

// The thread of a feeder must not sleep where no stop reaches it.
TEST_F(SqsFaultsTest, AnEntryOfAnAcknowledgementThatFailsIsTriedOnceMoreWithoutAPause) {
  ASSERT_TRUE(tryPush(1));
  const auto session = openSession('a');
  const auto task = popOne(*session);
  proxy.inject("DeleteMessageBatch", {.how = How::FailEntries,
                                      .code = "InternalError",
                                      .entries = {"0"},
                                      .senderFault = false,
                                      .times = SqsFault::kAlways});
  EXPECT_EQ(session->acknowledge(Leases{task.lease}).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(proxy.count("DeleteMessageBatch"), 2);
}

TEST_F(SqsFaultsTest, AReleaseThatIsSentButNotDeletedIsNotSentTwice) {
  ASSERT_TRUE(tryPush(1));
  auto session = openSession('a');
  const auto task = popOne(*session);
  const std::vector<TaskRelease> back{{.lease = task.lease, .counters = {.failures = 1}, .envelope = task.envelope}};
  proxy.inject("DeleteMessageBatch", {.status = 500, .code = "InternalFailure", .times = SqsFault::kAlways});
  EXPECT_EQ(session->release(back).error().code(), ErrorCode::Unavailable);
  proxy.heal();
  broker = open(throughProxy());
  session = must(broker->resumeSession(sessionId('a')));
  EXPECT_EQ(must(session->release(back)), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(proxy.count("SendMessageBatch"), 2) << "the push and one release";
}

TEST_F(SqsFaultsTest, WhatAFailedHopLeavesBehindIsNotLeasedAndComesBack) {
  push({"t"}, systemClock().now() + 20min);
  const auto session = openSession('a');
  advance(901s);
  proxy.inject("SendMessageBatch", {.status = 500, .code = "InternalFailure", .times = SqsFault::kAlways});
  EXPECT_THAT(pop(*session), IsEmpty());
  proxy.heal();
  EXPECT_THAT(must(session->heldTasks()), IsEmpty());
  advance(61s);
  EXPECT_THAT(pop(*session), IsEmpty()) << "it is sent on now";
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
}

// Else the settlement of all other tasks would wait for this one.
TEST_F(SqsFaultsTest, AReleaseThatTheServiceNeverTakesGoesBackAsItIsAndTheOthersAreReleased) {
  ASSERT_TRUE(tryPush(3));
  const auto session = openSession('a');
  const auto tasks = pop(*session);
  std::vector<TaskRelease> back;
  for (const auto& task : tasks)
    back.push_back({.lease = task.lease, .counters = {.failures = 1}, .envelope = task.envelope});
  ASSERT_THAT(back, SizeIs(3));
  proxy.inject("SendMessageBatch", {.how = How::FailEntries, .code = "InvalidMessageContents", .entries = {"1"}});
  EXPECT_EQ(must(session->release(back)), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.due = 2, .leased = 1}));
  advance(61s);
  EXPECT_THAT(pop(*session),
              testing::UnorderedElementsAre(testing::Field(&LeasedTask::counters, Counters{.failures = 1}),
                                            testing::Field(&LeasedTask::counters, Counters{.failures = 1}),
                                            testing::Field(&LeasedTask::counters, Counters{.expiries = 1})));
}

TEST_F(SqsFaultsTest, ATaskThatCannotBeBuriedComesAgainLaterAndTheOthersAreBuried) {
  SqsTestQueue buried(server);
  auto how = throughProxy();
  how["buried_queue"] = proxy.queueAddress(buried.name());
  broker = open(how);
  ASSERT_TRUE(tryPush(2));
  const auto session = openSession('a');
  const auto tasks = pop(*session);
  std::vector<TaskBurial> burials;
  for (const auto& task : tasks) burials.push_back({task.lease, {.crashes = 3}, "crashed", task.envelope});
  ASSERT_THAT(burials, SizeIs(2));
  proxy.inject("SendMessageBatch", {.how = How::FailEntries, .code = "InvalidParameterValue", .entries = {"0"}});
  EXPECT_EQ(must(session->bury(burials)), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1, .buried = 1}));
  advance(61s);
  EXPECT_THAT(pop(*session), SizeIs(1));
}

TEST_F(SqsFaultsTest, WhatAnOperatorCanMendKeepsTheLeaseUntilItIsMended) {
  ASSERT_TRUE(tryPush(1));
  const auto session = openSession('a');
  const auto task = popOne(*session);
  const std::vector<TaskRelease> back{{.lease = task.lease, .counters = {.failures = 1}, .envelope = task.envelope}};
  for (const auto* code : {"KMS.DisabledException", "AccessDenied"}) {
    proxy.inject("SendMessageBatch", {.how = How::FailEntries, .code = code, .entries = {"0"}});
    const auto released = session->release(back);
    ASSERT_FALSE(released) << code;
    EXPECT_THAT(released.error().message(), HasSubstr(code));
  }
  EXPECT_EQ(must(session->release(back)), Leases{});
  EXPECT_EQ(popOne(*session).counters, (Counters{.failures = 1}));
}

TEST_F(SqsFaultsTest, ARenewalThatFailsForNowKeepsTheLeases) {
  ASSERT_TRUE(tryPush(2));
  const auto session = openSession('a');
  const auto leased = pop(*session);
  ASSERT_THAT(leased, SizeIs(2));
  proxy.inject("ChangeMessageVisibilityBatch", {.status = 500, .code = "InternalFailure", .times = SqsFault::kAlways});
  EXPECT_EQ(session->renew({}, 60s).error().code(), ErrorCode::Unavailable);
  proxy.heal();
  EXPECT_THAT(must(session->renew({}, 60s)).lost, IsEmpty());
  EXPECT_EQ(must(session->acknowledge(Leases{leased[0].lease, leased[1].lease})), Leases{});
}

TEST_F(SqsFaultsTest, AMessageThatIsDeliveredTwiceToOneSessionIsOneTask) {
  ASSERT_TRUE(tryPush(1));
  const auto session = openSession('a');
  proxy.inject("ReceiveMessage", {.how = How::Duplicate});
  const auto task = popOne(*session);
  EXPECT_THAT(pop(*session), IsEmpty());
  EXPECT_EQ(must(session->acknowledge(Leases{task.lease})), Leases{}) << "by the newest handle";
  EXPECT_EQ(counts(), TaskCounts{});
}

// A lease counts from the moment at which its receive was sent.
TEST_F(SqsFaultsTest, WhatASlowAnswerBringsAfterItsLeaseHasEndedIsNotRun) {
  ASSERT_TRUE(tryPush(1));
  const auto session = openSession('a', 1s);
  proxy.inject("ReceiveMessage", {.how = How::Delay, .delay = 1500ms});
  EXPECT_THAT(pop(*session), IsEmpty());
  EXPECT_EQ(popOne(*session).counters, (Counters{.expiries = 1}));
}

TEST_F(SqsFaultsTest, ATaskWhoseHandleTheServiceNoLongerKnowsIsReportedAsNotOurs) {
  ASSERT_TRUE(tryPush(2));
  const auto session = openSession('a');
  const auto tasks = pop(*session);
  ASSERT_THAT(tasks, SizeIs(2));
  proxy.inject("DeleteMessageBatch", {.how = How::FailEntries, .code = "ReceiptHandleIsInvalid", .entries = {"0"}});
  EXPECT_EQ(must(session->acknowledge(Leases{tasks[0].lease, tasks[1].lease})), Leases{tasks[0].lease});
  EXPECT_THAT(must(session->heldTasks()), IsEmpty());
}

TEST_F(SqsFaultsTest, AReceiveWhoseConnectionIsLostIsRepeatedUnnoticed) {
  const auto session = openSession('a');
  proxy.inject("ReceiveMessage", {.how = How::LoseRequest});
  EXPECT_THAT(must(session->popBrokerTasks(10, 100ms, wake)), IsEmpty());
  ASSERT_TRUE(tryPush(1));
  EXPECT_THAT(must(session->popBrokerTasks(10, 10s, wake)), SizeIs(1));
  EXPECT_GE(proxy.faults(), 1);
}

TEST_F(SqsFaultsTest, AQueueThatIsDeletedAndMadeAgainIsUnavailableMeanwhile) {
  const auto session = openSession('a');
  ASSERT_TRUE(tryPush(1));
  const auto task = popOne(*session);
  server.deleteQueue(queue.name());
  EXPECT_EQ(session->popBrokerTasks(10, 0s, wake).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(tryPush(1).error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(session->renew({}, 60s).error().code(), ErrorCode::Unavailable);
  server.createQueue(queue.name());
  ASSERT_TRUE(tryPush(1));
  EXPECT_EQ(must(session->renew({}, 60s)).lost, Leases{task.lease}) << "its message is gone";
  EXPECT_THAT(pop(*session), SizeIs(1));
}

TEST_F(SqsFaultsTest, RightsThatAreMissingAreNamedWithTheirOperation) {
  for (const auto* operation :
       {"SendMessageBatch", "ReceiveMessage", "ChangeMessageVisibilityBatch", "DeleteMessageBatch"}) {
    proxy.inject(operation, {.status = 403, .code = "AccessDenied", .message = "not allowed"});
    const auto tried = broker->checkRights();
    ASSERT_FALSE(tried) << operation;
    EXPECT_EQ(tried.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(tried.error().message(), HasSubstr(std::string(operation) + ": AccessDenied: not allowed"));
  }
}

TEST_F(SqsFaultsTest, APusherNeedsNoRightToAskForAttributes) {
  proxy.inject("GetQueueAttributes", {.status = 403, .code = "AccessDenied", .times = 2});
  broker = open(throughProxy(), BrokerUse::Push);
  EXPECT_TRUE(tryPush(1));
  EXPECT_EQ(broker->traits().largestEnvelope, 256u * 1024 - 256);
  broker = open(throughProxy(), BrokerUse::Dispatch);
  EXPECT_THAT(broker->traits().warnings, testing::ElementsAre(HasSubstr("GetQueueAttributes")));
}

TEST_F(SqsFaultsTest, WrongKeysAreAnErrorOfTheConfigurationWithoutTheSecret) {
  proxy.requireKeys({.access = "AKIDEXAMPLE", .secret = "another"});
  const auto opened = backend.openBroker(throughProxy(), BrokerUse::Dispatch);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(opened.error().message(), HasSubstr("correct sqs_secret"));
}

}  // namespace
}  // namespace leptir::sqs
