#include <limits>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

LEPTIR_CONFORMANCE_GROUP(Settle, BrokerConformance);

TaskRelease released(const LeasedTask& task, Time due, Counters counters = {}) {
  return {task.lease, counters, due, task.envelope};
}

// Releases a task as the dispatcher does when its program does not know the name of the task.
void leaveToOthers(BrokerSession& session, const LeasedTask& task, Duration length, Time now) {
  const std::vector<TaskRelease> back{
      {.lease = task.lease, .counters = {.unknown = 1}, .envelope = task.envelope, .leftToOthersUntil = now + length}};
  ASSERT_TRUE(session.release(back));
}

TEST_P(Settle, AcknowledgedTasksAreForgotten) {
  push(tasks("t", 3));
  const auto session = openSession('a');
  EXPECT_EQ(must(session->acknowledge(leasesOf(pop(*session)))), Leases{});
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Settle, AcknowledgeTakesLeasesOfSeveralPopsInAnyOrder) {
  push(tasks("t", 9));
  const auto session = openSession('a');
  auto first = leasesOf(pop(*session, 4));
  const auto second = leasesOf(pop(*session, 4));
  first.insert(first.begin() + 2, second.rbegin(), second.rend());
  EXPECT_EQ(must(session->acknowledge(first)), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
}

TEST_P(Settle, AcknowledgeReturnsTheLeasesThatAreNoLongerOurs) {
  push(tasks("t", 3));
  const auto session = openSession('a');
  const auto leases = leasesOf(pop(*session));
  must(session->acknowledge(Leases{leases[1]}));
  EXPECT_EQ(must(session->acknowledge(leases)), Leases{leases[1]});
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Settle, AcknowledgeLeavesTasksOfAnotherSessionAlone) {
  push(tasks("t", 1));
  const auto one = openSession('a');
  const auto other = openSession('b');
  const auto lease = popOne(*one).lease;
  EXPECT_EQ(must(other->acknowledge(Leases{lease})), Leases{lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Settle, AcknowledgeWithAnEarlierLeaseNumberTouchesNothing) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto first = popOne(*session);
  must(session->release(std::vector<TaskRelease>{released(first, store_->now())}));
  const auto second = popOne(*session);
  EXPECT_EQ(must(session->acknowledge(Leases{first.lease})), Leases{first.lease});
  EXPECT_EQ(must(session->acknowledge(Leases{second.lease})), Leases{});
}

TEST_P(Settle, ATaskReleasedForTheLatestTimeIsScheduled) {
  push({task("a")});
  const auto session = openSession('a');
  EXPECT_EQ(must(session->release(std::vector<TaskRelease>{released(popOne(*session), Time::max())})), Leases{});
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
  if (GetParam().traits.findsById) {
    EXPECT_GE(find("a").due, Time(kMaxTimeSpan));
  }
  EXPECT_EQ(pop(*session).size(), 0u);
}

TEST_P(Settle, ATaskReleasedForTheEarliestTimeIsDue) {
  push({task("a")});
  const auto session = openSession('a');
  EXPECT_EQ(must(session->release(std::vector<TaskRelease>{released(popOne(*session), Time::min())})), Leases{});
  EXPECT_EQ(pop(*session).size(), 1u);
}

TEST_P(Settle, CountersAtTheirLimitAreKeptAlsoByTheNextExpiry) {
  LEPTIR_NEEDS_TRAIT(findsById);
  LEPTIR_NEEDS_TRAIT(keepsSessions);
  constexpr auto kLimit = std::numeric_limits<std::uint32_t>::max();
  const Counters all{kLimit, kLimit, kLimit, kLimit};
  push({task("a")});
  auto session = openSession('a');
  must(session->release(std::vector<TaskRelease>{released(popOne(*session), store_->now(), all)}));
  EXPECT_EQ(find("a").counters, all);
  EXPECT_EQ(popOne(*session).counters, all);
  endInstance('a');
  EXPECT_EQ(must(broker_->recoverExpired(10)), 1u);
  EXPECT_EQ(find("a").state, TaskState::Due);
  EXPECT_EQ(find("a").counters, all);
}

TEST_P(Settle, AnInvalidHandleIsAnsweredAsNotOurs) {
  const auto session = openSession('a');
  const Leases strange{{1, ""}, {2, "no handle"}, {3, "-1"}, {4, "99999999999999999999999"}};
  EXPECT_EQ(must(session->acknowledge(strange)), strange);
  EXPECT_EQ(must(session->renew(strange, 1h)).lost, strange);
}

TEST_P(Settle, AcknowledgesAndPopsInOneCall) {
  push(tasks("t", 5));
  const auto session = openSession('a');
  const auto first = leasesOf(pop(*session, 2));
  const auto both = must(session->acknowledgeAndPop(first, 2, wake_));
  EXPECT_EQ(both.notOurs, Leases{});
  EXPECT_EQ(both.tasks.size(), 2u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1, .leased = 2}));
}

TEST_P(Settle, AcknowledgeAndPopCanBeRepeatedAfterALostReply) {
  push(tasks("t", 3));
  const auto session = openSession('a');
  const auto first = leasesOf(pop(*session, 2));
  must(session->acknowledgeAndPop(first, 1, wake_));
  const auto again = must(session->acknowledgeAndPop(first, 1, wake_));
  EXPECT_EQ(again.notOurs, first);
  EXPECT_TRUE(again.tasks.empty()) << "and the call did not wait for tasks";
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Settle, ReleasedTasksComeBackWithNewCountersAtTheirTime) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  const Counters counters{.failures = 1, .crashes = 2, .expiries = 3, .unknown = 4};
  must(session->release(std::vector<TaskRelease>{released(popOne(*session), store_->now() + 5s, counters)}));
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
  store_->advance(5s + GetParam().traits.duePrecision);
  EXPECT_EQ(popOne(*session).counters, counters);
}

TEST_P(Settle, ATaskReleasedWithoutATimeKeepsItsPosition) {
  LEPTIR_NEEDS_TRAIT(keepsOrder);
  LEPTIR_NEEDS_TRAIT(findsById);
  const auto due = store_->now() - 10s;
  push({task("early", due), task("late", due + 1s)});
  const auto session = openSession('a');
  const auto early = popOne(*session);
  ASSERT_EQ(idIn(early.envelope), "early");
  must(session->release(std::vector<TaskRelease>{{.lease = early.lease, .envelope = early.envelope}}));
  EXPECT_EQ(find("early").due, due);
  EXPECT_EQ(idIn(popOne(*session).envelope), "early");
}

TEST_P(Settle, ATaskThatIsLeftToOthersKeepsItsPositionAndHidesNoTaskBehindIt) {
  LEPTIR_NEEDS_TRAIT(leavesToOthers);
  const auto due = store_->now() - 10s;
  push({task("unknown", due), task("known", due + 1s)});
  const auto session = openSession('a');
  leaveToOthers(*session, popOne(*session), 30s, store_->now());
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
  EXPECT_EQ(find("unknown").due, due);
  EXPECT_EQ(idIn(popOne(*session).envelope), "known");
  EXPECT_TRUE(must(session->popBrokerTasks(10, 20ms, wake_)).empty()) << "and the call waits no longer than asked";
  const auto other = openSession('b');
  EXPECT_EQ(idIn(popOne(*other).envelope), "unknown");
}

TEST_P(Settle, ATaskThatIsLeftToOthersIsLeasedAgainAfterItsTime) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  leaveToOthers(*session, popOne(*session), 30s, store_->now());
  store_->advance(29s);
  EXPECT_TRUE(pop(*session).empty());
  store_->advance(1s + GetParam().traits.duePrecision);
  EXPECT_EQ(popOne(*session).counters, Counters{.unknown = 1});
}

TEST_P(Settle, ATaskThatIsLeftToOthersIsLeasedInItsPlaceOnceTheSessionAsksForItAgain) {
  LEPTIR_NEEDS_TRAIT(leavesToOthers);
  const auto due = store_->now() - 10s;
  push({task("first", due), task("second", due + 1s), task("third", due + 2s)});
  const auto session = openSession('a');
  const auto first = popOne(*session), second = popOne(*session);
  for (const auto& each : {first, second}) leaveToOthers(*session, each, 30s, store_->now());
  must(session->leaseAgain(Leases{second.lease}));
  if (!broker_->traits().leasesAgain) {
    EXPECT_EQ(idsOf(pop(*session)), Ids{"third"});
    return;
  }
  EXPECT_EQ(idsOf(pop(*session)), (Ids{"second", "third"}));
  must(session->leaseAgain(Leases{first.lease}));
  EXPECT_EQ(idsOf(pop(*session)), Ids{"first"});
}

TEST_P(Settle, AskingAgainForTasksThatAreNotLeftToOthersChangesNothing) {
  LEPTIR_NEEDS_TRAIT(leavesToOthers);
  push(tasks("t", 3));
  const auto session = openSession('a'), other = openSession('b');
  const auto left = popOne(*session), acknowledged = popOne(*session), held = popOne(*session);
  leaveToOthers(*session, left, 30s, store_->now());
  must(session->acknowledge(Leases{acknowledged.lease}));
  EXPECT_EQ(idIn(popOne(*other).envelope), "t1");
  must(session->leaseAgain(Leases{left.lease, acknowledged.lease, held.lease}));
  EXPECT_TRUE(pop(*session).empty());
  EXPECT_EQ(counts(), (TaskCounts{.leased = 2}));
}

TEST_P(Settle, ManyTasksThatAreLeftToOthersHideNoTaskBehindThem) {
  LEPTIR_NEEDS_TRAIT(leavesToOthers);
  const auto due = store_->now() - 10s;
  std::vector<BrokerTask> many;
  for (int i = 0; i < 300; ++i) many.push_back(task("unknown" + std::to_string(i), due));
  many.push_back(task("known", due + 1s));
  push(many);
  const auto session = openSession('a');
  for (int i = 0; i < 300; ++i) leaveToOthers(*session, popOne(*session), 30s, store_->now());
  EXPECT_EQ(idIn(popOne(*session).envelope), "known");
  EXPECT_EQ(counts(), (TaskCounts{.due = 300, .leased = 1}));
}

TEST_P(Settle, ReleaseReturnsTheLeasesThatAreNoLongerOurs) {
  push(tasks("t", 2));
  const auto session = openSession('a');
  const auto popped = pop(*session);
  must(session->acknowledge(Leases{popped[0].lease}));
  const std::vector<TaskRelease> both{released(popped[0], store_->now()), released(popped[1], store_->now())};
  EXPECT_EQ(must(session->release(both)), Leases{popped[0].lease});
}

TEST_P(Settle, ReleaseNeverBringsBackATaskThatWasAcknowledged) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(session->acknowledge(Leases{leased.lease}));
  must(session->release(std::vector<TaskRelease>{released(leased, store_->now())}));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Settle, ReleaseWithAnEarlierLeaseNumberTouchesNothing) {
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto first = popOne(*session);
  must(session->release(std::vector<TaskRelease>{released(first, store_->now())}));
  popOne(*session);
  EXPECT_EQ(must(session->release(std::vector<TaskRelease>{released(first, store_->now())})), Leases{first.lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Settle, ReleaseLeavesTasksOfAnotherSessionAlone) {
  push(tasks("t", 1));
  const auto one = openSession('a');
  const auto other = openSession('b');
  const auto leased = popOne(*one);
  EXPECT_EQ(must(other->release(std::vector<TaskRelease>{released(leased, store_->now())})), Leases{leased.lease});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Settle, BuriedTasksAreNoLongerLeasedAndKeepTheirBytes) {
  LEPTIR_NEEDS_TRAIT(findsById);
  LEPTIR_NEEDS_TRAIT(keepsBuried);
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  const Counters counters{.crashes = 3};
  must(session->bury(std::vector<TaskBurial>{{leased.lease, counters, "crashed 3 times", leased.envelope}}));
  EXPECT_TRUE(pop(*session).empty());
  const auto found = find("t1");
  EXPECT_EQ(found.state, TaskState::Buried);
  EXPECT_EQ(found.envelope, leased.envelope);
  EXPECT_EQ(found.counters, counters);
  EXPECT_EQ(found.reason, "crashed 3 times");
}

TEST_P(Settle, BuryReturnsTheLeasesThatAreNoLongerOurs) {
  push(tasks("t", 2));
  const auto session = openSession('a');
  const auto popped = pop(*session);
  must(session->acknowledge(Leases{popped[0].lease}));
  const std::vector<TaskBurial> both{{popped[0].lease, {}, "late", popped[0].envelope},
                                     {popped[1].lease, {}, "why", popped[1].envelope}};
  EXPECT_EQ(must(session->bury(both)), Leases{popped[0].lease});
  EXPECT_EQ(counts(), (TaskCounts{.buried = GetParam().traits.keepsBuried ? 1u : 0u}));
}

TEST_P(Settle, MalformedBytesAreBuriedUnchanged) {
  LEPTIR_NEEDS_TRAIT(findsById);
  LEPTIR_NEEDS_TRAIT(keepsBuried);
  const std::string bytes("{\"cn\": \xff\0", 9);
  store_->pushRaw(bytes, store_->now());
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(session->bury(std::vector<TaskBurial>{{leased.lease, {}, "not JSON", leased.envelope}}));
  const auto buried = must(broker_->keeper().listBuried({}));
  ASSERT_EQ(buried.size(), 1u);
  EXPECT_EQ(buried[0].envelope, store_->stored(bytes));
  EXPECT_FALSE(buried[0].id.empty());
}

TEST_P(Settle, RenewalReturnsTheLeasesThatAreLost) {
  push(tasks("t", 3));
  const auto session = openSession('a');
  const auto leases = leasesOf(pop(*session));
  must(session->acknowledge(Leases{leases[0]}));
  const auto renewal = must(session->renew(leases, 1h));
  EXPECT_EQ(renewal.lost, Leases{leases[0]});
  EXPECT_TRUE(renewal.cancelled.empty());
}

TEST_P(Settle, RenewalReturnsACancelRequestEachTimeUntilTheTaskLeavesTheQueue) {
  LEPTIR_NEEDS_TRAIT(cancel != BrokerTraits::CancelLatency::Never);
  push(tasks("t", 2));
  const auto session = openSession('a');
  const auto leases = leasesOf(pop(*session));
  must(broker_->keeper().cancel("t2", "me@host"));
  EXPECT_EQ(must(session->renew(leases, 1h)).cancelled, (std::vector<CancelRequest>{{leases[1], "me@host"}}));
  EXPECT_EQ(must(session->renew(leases, 1h)).cancelled, (std::vector<CancelRequest>{{leases[1], "me@host"}}));
  must(session->acknowledge(leases));
  EXPECT_TRUE(must(session->renew({}, 1h)).cancelled.empty());
}

TEST_P(Settle, ATaskWithoutACancelRequestHasAnEmptyCancelledBy) {
  push(tasks("t", 1));
  EXPECT_EQ(popOne(*openSession('a')).cancelledBy, "");
}

TEST_P(Settle, ACancelRequestSurvivesARelease) {
  LEPTIR_NEEDS_TRAIT(cancel != BrokerTraits::CancelLatency::Never);
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(broker_->keeper().cancel("t1", "me@host"));
  must(session->release(std::vector<TaskRelease>{released(leased, store_->now())}));
  const auto again = popOne(*session);
  EXPECT_EQ(again.cancelledBy, "me@host");
  EXPECT_EQ(must(session->renew(Leases{again.lease}, 1h)).cancelled,
            (std::vector<CancelRequest>{{again.lease, "me@host"}}));
}

TEST_P(Settle, ACancelRequestOfAnUnnamedUserSurvivesARelease) {
  LEPTIR_NEEDS_TRAIT(cancel != BrokerTraits::CancelLatency::Never);
  push(tasks("t", 1));
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(broker_->keeper().cancel("t1", ""));
  EXPECT_EQ(must(session->renew(Leases{leased.lease}, 1h)).cancelled.size(), 1u);
  must(session->release(std::vector<TaskRelease>{released(leased, store_->now())}));
  EXPECT_NE(popOne(*session).cancelledBy, "") << "an empty text means that there is no request";
}

TEST_P(Settle, HeldTasksReturnsAllTasksThatThisSessionHolds) {
  LEPTIR_NEEDS_TRAIT(listsHeldTasks);
  push(tasks("t", 6));
  const auto one = openSession('a');
  const auto other = openSession('b');
  const auto mine = pop(*one, 3);
  pop(*other, 2);
  must(one->acknowledge(Leases{mine[1].lease}));
  const auto held = must(one->heldTasks());
  EXPECT_EQ(idsOf(held), (Ids{"t1", "t3"}));
  EXPECT_EQ(leasesOf(held), (Leases{mine[0].lease, mine[2].lease}));
  EXPECT_EQ(held[0].envelope, mine[0].envelope);
}

}  // namespace
}  // namespace leptir::conformance
