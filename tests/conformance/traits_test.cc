// What a backend does, compared with the traits that it answers. AWaitEndsWhenAnotherConnectionPushes (lease_test.cc)
// checks wakesWaiters, ExpiresByTimeIfTheTraitsSaySo (session_test.cc) sessionsExpire, and push_test.cc
// largestEnvelope.
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

class TraitsConformance : public BrokerConformance {
 protected:
  BrokerTraits traits() { return broker_->traits(); }
};

LEPTIR_CONFORMANCE_GROUP(Traits, TraitsConformance);

TEST_P(Traits, AreThoseInBackendsUnderTest) {
  const auto answered = traits();
  const auto& wanted = GetParam().traits;
  EXPECT_EQ(answered.keepsOrder, wanted.keepsOrder);
  EXPECT_EQ(answered.pushesAtomically, wanted.pushesAtomically);
  EXPECT_EQ(answered.refusesRepeatedIds, wanted.refusesRepeatedIds);
  EXPECT_EQ(answered.findsById, wanted.findsById);
  EXPECT_EQ(answered.listsHeldTasks, wanted.listsHeldTasks);
  EXPECT_EQ(answered.keepsSessions, wanted.keepsSessions);
  EXPECT_EQ(answered.leavesToOthers, wanted.leavesToOthers);
  EXPECT_EQ(answered.leasesAgain, wanted.leasesAgain);
  EXPECT_EQ(answered.keepsBuried, wanted.keepsBuried);
  EXPECT_EQ(answered.listsTasks, wanted.listsTasks);
  EXPECT_EQ(answered.listsLatestFirst, wanted.listsLatestFirst);
  EXPECT_EQ(answered.reschedules, wanted.reschedules);
  EXPECT_EQ(answered.keepsFleet, wanted.keepsFleet);
  EXPECT_EQ(answered.longestLease, wanted.longestLease);
  EXPECT_EQ(answered.wakesWaiters, wanted.wakesWaiters);
  EXPECT_EQ(answered.everyPushWakes, wanted.everyPushWakes);
  EXPECT_EQ(answered.sessionsExpire, wanted.sessionsExpire);
  EXPECT_EQ(answered.duePrecision, wanted.duePrecision);
  EXPECT_EQ(answered.counts, wanted.counts);
  EXPECT_EQ(answered.cancel, wanted.cancel);
  EXPECT_EQ(answered.largestEnvelope, wanted.largestEnvelope);
  EXPECT_FALSE(answered.durability.empty());
}

TEST_P(Traits, KeepsOrderAcrossAllSessions) {
  LEPTIR_NEEDS_TRAIT(keepsOrder);
  const auto now = store_->now();
  push({task("4", now - 1s), task("2", now - 3s)});
  must(store_->openBroker()->pushBrokerTasks(std::vector{task("3", now - 2s), task("1", now - 4s)}));
  const auto one = openSession('a'), other = openSession('b');
  Ids leased;
  for (int i = 0; i < 2; ++i) {
    for (auto* session : {one.get(), other.get()}) leased.push_back(idIn(popOne(*session).envelope));
  }
  EXPECT_EQ(leased, (Ids{"1", "2", "3", "4"}));
}

TEST_P(Traits, APushWithATaskThatTheStoreCannotHoldAddsNone) {
  auto tooLarge = task("large");
  tooLarge.parameters = '"' + std::string(traits().largestEnvelope, 'x') + '"';
  EXPECT_EQ(codeOf(broker_->pushBrokerTasks(std::vector{task("small"), tooLarge})), ErrorCode::TooLarge);
  EXPECT_EQ(counts(), TaskCounts{}) << "also where a push may stop halfway: this error was known before";
}

TEST_P(Traits, ATaskOfTheLargestEnvelopeIsPushedAndLeasedWhole) {
  auto large = task("large");
  large.parameters = '"' + std::string(traits().largestEnvelope - 1024, 'x') + '"';
  push({large});
  const auto session = openSession('a');
  EXPECT_GT(popOne(*session).envelope.size(), large.parameters.size());
}

TEST_P(Traits, RefusesRepeatedIds) {
  push({task("same")});
  push({task("same")});
  EXPECT_EQ(counts().due == 1, traits().refusesRepeatedIds);
}

TEST_P(Traits, FindsById) {
  push({task("here")});
  const auto found = broker_->keeper().find("here");
  EXPECT_EQ(found.has_value(), traits().findsById);
  EXPECT_TRUE(found || found.error().code() == ErrorCode::Unsupported);
}

TEST_P(Traits, ListsHeldTasks) {
  push({task("held")});
  const auto session = openSession('a');
  popOne(*session);
  const auto held = session->heldTasks();
  EXPECT_EQ(held.has_value(), traits().listsHeldTasks);
  EXPECT_TRUE(held || held.error().code() == ErrorCode::Unsupported);
}

TEST_P(Traits, ListsTasks) {
  push({task("here")});
  const auto listed = keeper().list({}, "", 10);
  EXPECT_EQ(listed.has_value(), traits().listsTasks);
  EXPECT_TRUE(listed || listed.error().code() == ErrorCode::Unsupported);
  EXPECT_EQ(keeper().earliestDue().has_value(), traits().listsTasks);
}

TEST_P(Traits, ListsTasksWithTheLatestFirst) {
  push({task("here")});
  const auto listed = keeper().list({.order = ListOrder::LatestFirst}, "", 10);
  EXPECT_EQ(listed.has_value(), traits().listsLatestFirst);
  EXPECT_TRUE(listed || listed.error().code() == ErrorCode::Unsupported);
}

TEST_P(Traits, AHealthyStoreHasNoProblemAndItsExaminationChangesNothing) {
  push({task("here")});
  for (int i = 0; i < 2; ++i) {
    const auto examination = must(broker_->examine());
    for (const auto& finding : examination.findings) {
      const bool isOfThisMachine = finding.kind == "disk-space";
      EXPECT_TRUE(isOfThisMachine || finding.severity != FindingSeverity::Problem) << warningOf(finding);
      EXPECT_FALSE(finding.what.empty());
    }
  }
  EXPECT_EQ(counts().due, 1u);
}

TEST_P(Traits, ReschedulesTasks) {
  push({task("here")});
  const auto changed = keeper().reschedule(Ids{"here"}, store_->now() + 1h);
  EXPECT_EQ(changed.has_value(), traits().reschedules);
  EXPECT_TRUE(changed || changed.error().code() == ErrorCode::Unsupported);
}

TEST_P(Traits, KeepsWhatAFleetShares) {
  EXPECT_EQ(broker_->fleet() != nullptr, traits().keepsFleet);
}

TEST_P(Traits, KeepsADueTimeInStepsOfItsDuePrecision) {
  LEPTIR_NEEDS_TRAIT(findsById);
  const auto step = traits().duePrecision;
  const auto due = Time((store_->now() + 1h).time_since_epoch() / step * step) + step;
  push({task("exact", due)});
  EXPECT_EQ(find("exact").due, due);
  push({task("released")});
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(session->release(std::vector<TaskRelease>{{.lease = leased.lease, .due = due, .envelope = leased.envelope}}));
  EXPECT_EQ(find("released").due, due);
}

TEST_P(Traits, CountsExactly) {
  LEPTIR_NEEDS_TRAIT(counts == BrokerTraits::Counts::Exact);
  push(tasks("t", 7));
  const auto session = openSession('a');
  pop(*session, 3);
  EXPECT_EQ(counts(), (TaskCounts{.due = 4, .leased = 3}));
}

}  // namespace
}  // namespace leptir::conformance
