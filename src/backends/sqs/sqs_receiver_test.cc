// How many requests leases cost, and what becomes of a long poll that a wait leaves behind.
#include "backends/sqs/sqs_receiver.h"

#include <gmock/gmock.h>

#include <thread>

#include "backends/sqs/sqs_fixture.h"
#include "tests/support/sqs_proxy.h"

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

}  // namespace
}  // namespace leptir::sqs
