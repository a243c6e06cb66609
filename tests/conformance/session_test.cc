#include <atomic>
#include <thread>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

LEPTIR_CONFORMANCE_GROUP(Session, BrokerConformance);

// Expects every operation of the session to answer Lost.
void expectLost(BrokerSession& session, const LeasedTask& leased) {
  Wake wake;
  EXPECT_EQ(codeOf(session.popBrokerTasks(1, 1h, wake)), ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.renew(Leases{leased.lease}, 1h)), ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.acknowledge(Leases{leased.lease})), ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.acknowledgeAndPop(Leases{leased.lease}, 1, wake)), ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.release(std::vector<TaskRelease>{{leased.lease, {}, Time(), leased.envelope}})),
            ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.bury(std::vector<TaskBurial>{{leased.lease, {}, "", leased.envelope}})), ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.heldTasks()), ErrorCode::Lost);
  EXPECT_EQ(codeOf(session.close()), ErrorCode::Lost);
}

TEST_P(Session, AnEpochThatWasUsedBeforeIsInvalid) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  auto session = openSession('a');
  EXPECT_EQ(codeOf(broker_->openSession(sessionId('a'), {}, 1h)), ErrorCode::Invalid);
  must(session->close());
  EXPECT_EQ(codeOf(broker_->openSession(sessionId('a'), {}, 1h)), ErrorCode::Invalid);
  EXPECT_TRUE(broker_->openSession(sessionId('a', 2), {}, 1h));
}

TEST_P(Session, ALaterEpochClaimsTheEarlierOnesOfItsInstance) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 2));
  const auto earlier = openSession('a');
  const auto leased = popOne(*earlier);
  const auto later = must(broker_->openSession(sessionId('a', 2), {}, 1h));
  expectLost(*earlier, leased);
  EXPECT_EQ(must(broker_->recoverExpired(10)), 1u);
  EXPECT_EQ(idsOf(pop(*later)), (Ids{"t1", "t2"}));
}

TEST_P(Session, AResumedSessionHasTheLeasesOfTheEarlierProcess) {
  push(tasks("t", 2));
  auto earlier = openSession('a');
  const auto leased = popOne(*earlier);
  earlier.reset();
  const auto again = store_->openBroker();
  const auto session = must(again->resumeSession(sessionId('a')));
  if (GetParam().traits.listsHeldTasks) {
    EXPECT_EQ(leasesOf(must(session->heldTasks())), Leases{leased.lease});
  }
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{});
  EXPECT_EQ(idsOf(pop(*session)), Ids{"t2"});
}

TEST_P(Session, ResumingAnUnknownSessionAnswersLost) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  EXPECT_EQ(codeOf(broker_->resumeSession(sessionId('f'))), ErrorCode::Lost);
  const auto session = openSession('a');
  EXPECT_EQ(codeOf(broker_->resumeSession(sessionId('a', 7))), ErrorCode::Lost);
}

TEST_P(Session, ResumingAClosedSessionAnswersLost) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  must(openSession('a')->close());
  EXPECT_EQ(codeOf(broker_->resumeSession(sessionId('a'))), ErrorCode::Lost);
}

TEST_P(Session, ResumingAClaimedSessionAnswersLost) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  const auto session = openSession('a');
  endInstance('a');
  must(broker_->recoverExpired(10));
  EXPECT_EQ(codeOf(broker_->resumeSession(sessionId('a'))), ErrorCode::Lost);
}

TEST_P(Session, ResumingASessionWhoseClaimHasBegunAnswersLost) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 2));
  const auto session = openSession('a');
  pop(*session);
  endInstance('a');
  EXPECT_EQ(must(broker_->recoverExpired(1)), 1u);
  EXPECT_EQ(codeOf(broker_->resumeSession(sessionId('a'))), ErrorCode::Lost);
}

TEST_P(Session, CloseReleasesTheHeldTasksUnchangedAndDueAtOnce) {
  auto counted = task("t1");
  counted.counters.failures = 2;
  push({counted});
  const auto session = openSession('a');
  popOne(*session);
  must(session->close());
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(popOne(*openSession('b')).counters, counted.counters);
}

TEST_P(Session, AfterCloseEveryOperationAnswersLost) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(session->close());
  expectLost(*session, leased);
}

TEST_P(Session, TheDestructorLeavesTheLeasesInTheStore) {
  push(tasks("t", 1));
  auto session = openSession('a');
  popOne(*session);
  session.reset();
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Session, RecoveryLeavesLiveSessionsAlone) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  popOne(*session);
  EXPECT_EQ(must(broker_->recoverExpired(10)), 0u);
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Session, ADeadSessionLosesItsTasksAtRecovery) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 3));
  const auto session = openSession('a');
  const auto leased = pop(*session, 2);
  endInstance('a');
  EXPECT_EQ(must(broker_->recoverExpired(10)), 2u);
  EXPECT_EQ(find("t1").counters, (Counters{.expiries = 1}));
  EXPECT_EQ(find("t1").state, TaskState::Due);
  EXPECT_EQ(counts(), (TaskCounts{.due = 3}));
  expectLost(*session, leased[0]);
}

TEST_P(Session, ExpiresByTimeIfTheTraitsSaySo) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 1));
  const auto session = openSession('a', 60s);
  popOne(*session);
  store_->advance(61s);
  EXPECT_EQ(must(broker_->recoverExpired(10)), GetParam().traits.sessionsExpire ? 1u : 0u);
}

TEST_P(Session, ALeaseThatEndsByItselfCountsAnExpiryAndIsNoLongerOurs) {
  LEPTIR_NEEDS_TRAIT(keepsSessions == false);
  push(tasks("t", 1));
  const auto session = openSession('a', 60s);
  const auto leased = popOne(*session);
  store_->advance(61s);
  EXPECT_EQ(must(broker_->recoverExpired(10)), 0u);
  const auto other = openSession('b', 60s);
  const auto again = popOne(*other);
  EXPECT_EQ(again.counters, (Counters{.expiries = 1}));
  EXPECT_EQ(must(session->renew(Leases{leased.lease}, 60s)).lost, Leases{leased.lease});
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{leased.lease});
  EXPECT_EQ(must(other->acknowledge(Leases{again.lease})), Leases{});
}

TEST_P(Session, AnyEpochCanBeOpenedAndResumedWhereTheStoreKeepsNoSessions) {
  LEPTIR_NEEDS_TRAIT(keepsSessions == false);
  push(tasks("t", 1));
  const auto first = openSession('a');
  const auto leased = popOne(*first);
  EXPECT_TRUE(broker_->openSession(sessionId('a'), {}, 1h));
  EXPECT_TRUE(broker_->resumeSession(sessionId('f', 7)));
  EXPECT_EQ(must(first->acknowledge(Leases{leased.lease})), Leases{}) << "nothing was claimed";
}

TEST_P(Session, IsProlongedByRenewal) {
  push(tasks("t", 1));
  const auto session = openSession('a', 60s);
  const auto leased = popOne(*session);
  store_->advance(50s);
  must(session->renew(Leases{leased.lease}, 60s));
  store_->advance(50s);
  EXPECT_EQ(must(broker_->recoverExpired(10)), 0u);
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{});
}

TEST_P(Session, IsRevivedByALateRenewalUntilItIsClaimed) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 1));
  const auto session = openSession('a', 60s);
  const auto leased = popOne(*session);
  store_->advance(2min);
  EXPECT_TRUE(must(session->renew(Leases{leased.lease}, 60s)).lost.empty());
  EXPECT_EQ(must(broker_->recoverExpired(10)), 0u);
}

TEST_P(Session, EndSessionsOfADeadInstanceEndsOnlySessionsThatExpireByTime) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 2));
  const auto dead = openSession('a');
  const auto held = pop(*dead);
  const auto other = openSession('b');
  const bool expires = GetParam().traits.sessionsExpire;
  must(broker_->endSessionsOf(sessionId('a').instance));
  EXPECT_EQ(must(broker_->recoverExpired(10)), expires ? 2u : 0u);
  const auto renewed = dead->renew(leasesOf(held), 1h);
  EXPECT_EQ(!renewed && renewed.error().code() == ErrorCode::Lost, expires);
  EXPECT_TRUE(other->renew({}, 1h)) << "sessions of other instances go on";
  must(broker_->endSessionsOf(sessionId('c').instance));
}

TEST_P(Session, IsNeverClaimedByItsOwnInstance) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  endInstance('a');
  EXPECT_EQ(must(brokerOf('a').recoverExpired(10)), 0u);
  const auto resumed = store_->openBroker();
  must(resumed->resumeSession(sessionId('a')));
  EXPECT_EQ(must(resumed->recoverExpired(10)), 0u);
  EXPECT_EQ(must(session->acknowledge(Leases{leased.lease})), Leases{});
}

TEST_P(Session, RecoveryGivesBackAtMostLimitTasksAndAnyConnectionContinuesIt) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 5));
  const auto session = openSession('a');
  pop(*session);
  endInstance('a');
  EXPECT_EQ(must(broker_->recoverExpired(2)), 2u);
  const auto other = store_->openBroker();
  EXPECT_EQ(must(other->recoverExpired(2)), 2u);
  EXPECT_EQ(must(broker_->recoverExpired(2)), 1u);
  EXPECT_EQ(must(other->recoverExpired(2)), 0u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 5}));
}

TEST_P(Session, AnExpiredTaskWaitsLongerEachTimeAndFromTheTenthOnIsDueForTheInstanceThatBuriesIt) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 1));
  const auto pushed = store_->now();
  auto lastDue = pushed;
  store_->advance(1s);
  for (std::uint32_t expiry = 1; expiry <= kMaxExpiries + 1; ++expiry) {
    const char letter = "0123456789ab"[expiry];
    const auto session = openSession(letter);
    popOne(*session);
    endInstance(letter);
    ASSERT_EQ(must(broker_->recoverExpired(10)), 1u);
    const auto found = find("t1");
    EXPECT_EQ(found.counters, (Counters{.expiries = expiry}));
    const auto delay = delayAfterExpiry(expiry);
    const auto due = expiry == 1 ? pushed : delay == 0s ? std::min(lastDue, store_->now()) : store_->now() + delay;
    EXPECT_EQ(found.due, due) << expiry;
    lastDue = found.due;
    store_->advance(delay + 1s);
  }
  EXPECT_EQ(popOne(*openSession('c')).counters, (Counters{.expiries = kMaxExpiries + 1}));
}

TEST_P(Session, RecoveryNeverGivesBackATaskThatWasAcknowledgedMeanwhile) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  const auto other = store_->openBroker();
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch) {
    const std::string instance = "0123456789abcdef0123456789ab" + std::to_string(1000 + epoch);
    store_->startInstance(instance);
    const auto session = must(brokerOf('0').openSession({instance, 1}, {}, 1h));
    push(tasks("t", 1));
    const auto leased = popOne(*session);
    store_->endInstance(instance);
    std::atomic<bool> started = false;
    std::jthread recoverer([&] {
      started = true;
      must(other->recoverExpired(10));
    });
    while (!started) std::this_thread::yield();
    const auto answer = session->acknowledge(Leases{leased.lease});
    recoverer.join();
    const bool acknowledged = answer && answer->empty();
    ASSERT_EQ(counts().due, acknowledged ? 0u : 1u) << "round " << epoch;
    if (!acknowledged) must(broker_->keeper().remove("t1"));
  }
}

TEST_P(Session, ARecoveredTaskBelongsOnlyToTheSessionThatLeasesItNext) {
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  push(tasks("t", 1));
  const auto dead = openSession('a');
  popOne(*dead);
  endInstance('a');
  must(broker_->recoverExpired(10));
  const auto heir = openSession('b');
  const auto leased = popOne(*heir);
  EXPECT_EQ(must(broker_->recoverExpired(10)), 0u);
  EXPECT_EQ(must(heir->acknowledge(Leases{leased.lease})), Leases{});
}

}  // namespace
}  // namespace leptir::conformance
