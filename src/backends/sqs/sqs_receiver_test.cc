// How many requests leases cost, and what becomes of a long poll that a wait leaves behind.
#include "backends/sqs/sqs_receiver.h"

#include <gmock/gmock.h>

#include <thread>

#include "backends/sqs/sqs_fixture.h"
#include "tests/support/sqs_proxy.h"
#include "tests/support/wait_until.h"

namespace leptir::sqs {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class SqsReceiverTest : public SqsTest {
 protected:
  SqsReceiverTest() {
    auto how = connection();
    how["sqs_queue"] = proxy.queueAddress(queue.name());
    broker = open(how);
  }
  std::vector<LeasedTask> wait(BrokerSession& session, Duration longest) {
    return must(session.popBrokerTasks(10, longest, wake));
  }

  SqsProxy proxy{server};
};

TEST_F(SqsReceiverTest, AnIdleQueueIsPolledByOneRequestHoweverOftenTheFeederAsks) {
  const auto session = openSession('a');
  for (int i = 0; i < 20; ++i) EXPECT_THAT(wait(*session, 20ms), IsEmpty());
  EXPECT_EQ(proxy.count("ReceiveMessage"), 1);
}

TEST_F(SqsReceiverTest, WhatALongPollBringsAfterItsWaitEndedComesWithTheNextCall) {
  const auto session = openSession('a');
  EXPECT_THAT(wait(*session, 50ms), IsEmpty());
  push({"t"});
  EXPECT_THAT(wait(*session, 5s), SizeIs(1));
}

TEST_F(SqsReceiverTest, ARingEndsTheWaitAndNotThePoll) {
  const auto session = openSession('a');
  std::jthread ringer([this] { wake.ring(); });
  EXPECT_THAT(wait(*session, 1h), IsEmpty());
  ringer.join();
  EXPECT_THAT(wait(*session, 20ms), IsEmpty()) << "the ring was cleared";
  EXPECT_EQ(proxy.count("ReceiveMessage"), 1);
}

TEST_F(SqsReceiverTest, ADeepQueueIsLeasedByFullReceives) {
  constexpr std::size_t kTasks = 400;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kTasks; ++i) ids.push_back("t" + std::to_string(i));
  push(ids);
  const auto session = openSession('a');
  proxy.forget();
  std::vector<LeaseId> leases;
  for (const auto& task : pop(*session, kTasks)) leases.push_back(task.lease);
  ASSERT_EQ(leases.size(), kTasks) << "one lease takes all that it asked for";
  must(session->acknowledge(leases));
  EXPECT_LT(proxy.requests(), static_cast<int>(kTasks / 2 / 2));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_F(SqsReceiverTest, CloseGivesBackWhatAPollHasBrought) {
  const auto session = openSession('a');
  EXPECT_THAT(wait(*session, 20ms), IsEmpty());
  push({"t"});
  must(session->close());
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(popOne(*openSession('b')).counters, Counters{});
}

TEST_F(SqsReceiverTest, WhatAPollHasBroughtForBusyWorkersIsGivenBackAtTheNextRenewal) {
  const auto session = openSession('a');
  EXPECT_THAT(wait(*session, 20ms), IsEmpty());
  push({"t"});
  clock.advance(3s);  // the feeder has no credit, so it does not ask
  must(session->renew({}, 60s));
  EXPECT_EQ(popOne(*openSession('b')).counters, Counters{});
}

TEST_F(SqsReceiverTest, AsksForTenAsLongAsMessagesAreTakenQuickly) {
  constexpr std::size_t kTasks = 100, kWorkers = 4;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kTasks; ++i) ids.push_back("t" + std::to_string(i));
  push(ids);
  const auto session = openSession('a');
  session->reduceRequests(500ms);
  proxy.forget();
  std::size_t leased = 0;
  while (leased < kTasks) {
    const auto tasks = pop(*session, kWorkers);
    ASSERT_THAT(tasks, SizeIs(testing::Le(kWorkers)));
    leased += tasks.size();
  }
  EXPECT_LT(proxy.count("ReceiveMessage"), 20) << "25 without what is received ahead";
}

TEST_F(SqsReceiverTest, WhatWasReceivedAheadIsGivenBackOnceNoWorkerIsFree) {
  constexpr std::size_t kTasks = 40, kWorkers = 4;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < kTasks; ++i) ids.push_back("t" + std::to_string(i));
  push(ids);
  const auto session = openSession('a');
  session->reduceRequests(500ms);
  for (int i = 0; i < 4; ++i) pop(*session, kWorkers);
  const auto taken = static_cast<std::uint64_t>(must(session->heldTasks()).size());
  EXPECT_LT(counts().due, kTasks - taken) << "some are here";
  EXPECT_TRUE(waitUntil([&] {
    clock.advance(600ms);
    must(session->giveBackUnused());
    return counts().due == kTasks - taken;
  }));
  for (const auto& task : pop(*openSession('b'))) EXPECT_EQ(task.counters, Counters{}) << "it counts nothing";
}

TEST_F(SqsReceiverTest, WhatWasReceivedAheadIsNotKeptForSlowWorkers) {
  push({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  const auto session = openSession('a');
  session->reduceRequests(500ms);
  pop(*session, 4);
  pop(*session, 1);  // asks for more than one: four were just taken
  EXPECT_LT(counts().due, 5u);
  clock.advance(2s);
  pop(*session, 1);
  EXPECT_EQ(counts().due + 6, 10u);
}

TEST_F(SqsReceiverTest, AnEmptyQueueIsAskedOnceInTheEmptyQueueSleepTime) {
  const auto session = openSession('a', 3s);  // so that a poll lasts one second
  session->reduceRequests(1h);
  EXPECT_THAT(wait(*session, 1500ms), IsEmpty());
  EXPECT_THAT(wait(*session, 100ms), IsEmpty());
  EXPECT_EQ(proxy.count("ReceiveMessage"), 1);
  clock.advance(1h);
  EXPECT_THAT(wait(*session, 20ms), IsEmpty());
  EXPECT_EQ(proxy.count("ReceiveMessage"), 2);
}

TEST_F(SqsReceiverTest, AnEmptyQueueIsAskedAgainAtOnceIfItsPollWasLongerThanTheEmptyQueueSleepTime) {
  const auto session = openSession('a', 3s);
  session->reduceRequests(500ms);
  EXPECT_THAT(wait(*session, 1500ms), IsEmpty());
  EXPECT_EQ(proxy.count("ReceiveMessage"), 2);
}

TEST_F(SqsReceiverTest, AcknowledgesAndLeasesInOneCall) {
  std::vector<std::string> ids;
  for (int i = 0; i < 25; ++i) ids.push_back("t" + std::to_string(i));
  push(ids);
  const auto session = openSession('a');
  std::vector<LeaseId> leases;
  for (const auto& task : pop(*session, 10)) leases.push_back(task.lease);
  leases.push_back({.number = 7, .handle = "another's"});
  const auto both = must(session->acknowledgeAndPop(leases, 15, wake));
  EXPECT_EQ(both.notOurs, std::vector<LeaseId>{leases.back()});
  EXPECT_THAT(both.tasks, SizeIs(15));
  EXPECT_EQ(counts(), (TaskCounts{.leased = 15}));
}

}  // namespace
}  // namespace leptir::sqs
