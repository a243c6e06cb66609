#include "leptir/spi/buried_lookup.h"
#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

class KeeperConformance : public BrokerConformance {
 protected:
  Ids buried(Page page = {}) {
    Ids ids;
    for (const auto& each : must(keeper().listBuried(page))) ids.push_back(each.id);
    return ids;
  }
};

LEPTIR_CONFORMANCE_GROUP_ON(Keeper, KeeperConformance, backendsWithAKeeper());

TEST_P(Keeper, FindsATaskInEachState) {
  push({task("due"), task("scheduled", store_->now() + 10s)});
  EXPECT_EQ(find("due").state, TaskState::Due);
  EXPECT_EQ(find("scheduled").state, TaskState::Scheduled);
  EXPECT_EQ(find("scheduled").due, store_->now() + 10s);
  EXPECT_EQ(idIn(find("due").envelope), "due");
  const auto session = openSession('a');
  popOne(*session);
  EXPECT_EQ(find("due").state, TaskState::Leased);
}

TEST_P(Keeper, AnswersNotFoundForATaskThatIsNotInTheQueue) {
  EXPECT_EQ(codeOf(keeper().find("nobody")), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(keeper().remove("nobody")), ErrorCode::NotFound);
  EXPECT_EQ(codeOf(keeper().cancel("nobody", "me@host")), ErrorCode::NotFound);
}

TEST_P(Keeper, RemovesATaskThatIsNotLeased) {
  push({task("due"), task("scheduled", store_->now() + 10s)});
  must(keeper().remove("due"));
  must(keeper().remove("scheduled"));
  pushBuried({"buried"});
  must(keeper().remove("buried"));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Keeper, DoesNotRemoveALeasedTask) {
  push({task("held")});
  const auto session = openSession('a');
  popOne(*session);
  EXPECT_EQ(codeOf(keeper().remove("held")), ErrorCode::Lost);
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Keeper, CancellingAWaitingOrBuriedTaskRemovesIt) {
  pushBuried({"buried"});
  push({task("due")});
  EXPECT_EQ(must(keeper().cancel("due", "me@host")), CancelResult::Removed);
  EXPECT_EQ(must(keeper().cancel("buried", "me@host")), CancelResult::Removed);
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Keeper, CancellingALeasedTaskSendsARequestToTheSessionThatHoldsIt) {
  push({task("held")});
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  EXPECT_EQ(must(keeper().cancel("held", "me@host")), CancelResult::Requested);
  EXPECT_EQ(must(session->renew(Leases{leased.lease}, 1h)).cancelled,
            (std::vector<CancelRequest>{{leased.lease, "me@host"}}));
}

TEST_P(Keeper, ListsBuriedTasksTheLongestBuriedFirst) {
  pushBuried({"c", "a", "b"});
  EXPECT_EQ(buried(), (Ids{"c", "a", "b"}));
  EXPECT_EQ(must(keeper().listBuried({}))[0].reason, "because of c");
}

TEST_P(Keeper, ListsBuriedTasksPageByPage) {
  pushBuried({"1", "2", "3", "4", "5"});
  EXPECT_EQ(buried({0, 2}), (Ids{"1", "2"}));
  EXPECT_EQ(buried({4, 2}), Ids{"5"});
  EXPECT_EQ(buried({5, 2}), Ids{});
}

TEST_P(Keeper, AMalformedTaskGetsAnIdWhenItIsBuried) {
  store_->pushRaw("oops", store_->now());
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(session->bury(std::vector<TaskBurial>{{leased.lease, {}, "no envelope", leased.envelope}}));
  const auto listed = buried();
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(find(listed[0]).envelope, store_->stored("oops"));
  must(keeper().remove(listed[0]));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Keeper, RevivedTasksAreDueAtOnceWithCountersZero) {
  pushBuried({"a", "b"});
  EXPECT_EQ(must(keeper().revive(Ids{"a", "b"})), 2u);
  EXPECT_EQ(find("a").state, TaskState::Due);
  EXPECT_EQ(find("a").counters, Counters{});
  EXPECT_EQ(buried(), Ids{});
  const auto session = openSession('a');
  EXPECT_EQ(idsOf(pop(*session)), (Ids{"a", "b"}));
}

TEST_P(Keeper, RevivesOnlyBuriedTasksAndReturnsTheirNumber) {
  pushBuried({"a", "b"});
  push({task("due")});
  EXPECT_EQ(must(keeper().revive(Ids{"due", "nobody", "b"})), 1u);
  EXPECT_EQ(buried(), Ids{"a"});
}

TEST_P(Keeper, SaysWhichOfManyTasksAreBuried) {
  auto* lookup = dynamic_cast<BuriedLookup*>(&keeper());
  ASSERT_NE(lookup, nullptr);
  push({task("waits", store_->now() + 10s)});
  EXPECT_TRUE(must(lookup->buriedAmong(Ids{"waits", "nobody"})).empty());
  pushBuried({"a", "b", "c"});
  push({task("held")});
  const auto session = openSession('a');
  popOne(*session);
  const auto found = must(lookup->buriedAmong(Ids{"c", "waits", "held", "nobody", "a"}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, "c");
  EXPECT_EQ(found[0].state, TaskState::Buried);
  EXPECT_EQ(found[0].reason, "because of c");
  EXPECT_EQ(found[0].due, find("c").due);
  EXPECT_EQ(found[1].id, "a");
  EXPECT_TRUE(must(lookup->buriedAmong({})).empty());
}

TEST_P(Keeper, ListsTheOpenSessionsOfAllInstancesWithWhatTheyHold) {
  EXPECT_TRUE(must(keeper().listSessions({})).empty());
  push(tasks("t", 3));
  const auto later = openSession('b');
  pop(*later, 2);
  const auto earlier = openSession('a');
  const auto listed = must(keeper().listSessions({}));
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].session, sessionId('a'));
  EXPECT_EQ(listed[0].leasedTasks, 0u);
  EXPECT_EQ(listed[1].session, sessionId('b'));
  EXPECT_EQ(listed[1].leasedTasks, 2u);
  EXPECT_EQ(listed[1].info.host, "host");
  EXPECT_EQ(listed[1].info.pid, 1);
  EXPECT_EQ(listed[1].info.version, "0.1.0");
  EXPECT_EQ(listed[1].info.workers, 4);
}

TEST_P(Keeper, ListsSessionsPageByPage) {
  const auto a = openSession('a'), b = openSession('b'), c = openSession('c');
  const auto page = must(keeper().listSessions({.offset = 1, .limit = 1}));
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].session, sessionId('b'));
  EXPECT_TRUE(must(keeper().listSessions({.offset = 3, .limit = 1})).empty());
}

TEST_P(Keeper, SaysInWhichTimeAListedSessionExpires) {
  const auto session = openSession('a', 60s);
  const auto expiresIn = [this] { return must(keeper().listSessions({})).at(0).expiresIn; };
  EXPECT_EQ(expiresIn().has_value(), GetParam().traits.sessionsExpire);
  EXPECT_LE(expiresIn().value_or(0s), 60s);
  EXPECT_GT(expiresIn().value_or(60s), 0s);
  store_->advance(61s);
  EXPECT_EQ(expiresIn().value_or(0s), 0s);
}

TEST_P(Keeper, DoesNotListSessionsThatWereClosedOrClaimed) {
  must(openSession('a')->close());
  push(tasks("t", 2));
  const auto dead = openSession('b');
  pop(*dead);
  endInstance('b');
  EXPECT_EQ(must(broker_->recoverExpired(1)), 1u);
  EXPECT_TRUE(must(keeper().listSessions({})).empty());
}

}  // namespace
}  // namespace leptir::conformance
