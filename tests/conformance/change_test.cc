// TaskKeeper::removeMany, reschedule, and revive of many tasks.
#include <algorithm>
#include <thread>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

class ChangeConformance : public BrokerConformance {
 protected:
  // Ids that no push has used, and `count` of them are in the queue.
  Ids pushMany(std::size_t count, std::optional<Time> due = {}) {
    std::vector<BrokerTask> many;
    Ids ids;
    for (std::size_t i = 0; i < count; ++i) {
      ids.push_back("m" + std::to_string(i));
      many.push_back(task(ids.back(), due));
    }
    push(many);
    return ids;
  }
  std::size_t removeMany(const Ids& ids) { return must(keeper().removeMany(ids)); }
  std::size_t reschedule(const Ids& ids, std::optional<Time> due) { return must(keeper().reschedule(ids, due)); }
  // The ids of the tasks that a waiting session leases once `change` is done by another connection.
  template <class Change>
  Ids leasedByAWaitThatEndsWith(const Change& change) {
    const auto session = openSession('a');
    std::jthread changing([&] { change(store_->openBroker()->keeper()); });
    std::vector<LeasedTask> popped;
    while (popped.empty()) popped = must(session->popBrokerTasks(10, 1h, wake_));
    changing.join();
    return idsOf(popped);
  }
};

LEPTIR_CONFORMANCE_GROUP_ON(RemoveAll, ChangeConformance, backendsWithAKeeper());
LEPTIR_CONFORMANCE_GROUP_ON(Reschedule, ChangeConformance, backendsWhere(&BrokerTraits::reschedules));
LEPTIR_CONFORMANCE_GROUP_ON(ReviveMany, ChangeConformance, backendsWithAKeeper());

TEST_P(RemoveAll, RemovesWaitingAndBuriedTasksAndReturnsHowMany) {
  pushBuried({"buried"});
  push({task("due"), task("scheduled", store_->now() + 10s), task("stays")});
  EXPECT_EQ(removeMany({"buried", "due", "scheduled", "missing"}), 3u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  EXPECT_EQ(find("stays").state, TaskState::Due);
}

TEST_P(RemoveAll, RemovesNoTaskThatIsLeased) {
  push({task("held")});
  const auto session = openSession('a');
  const auto held = popOne(*session);
  push({task("due")});
  EXPECT_EQ(removeMany({"held", "due"}), 1u);
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
  EXPECT_TRUE(must(session->acknowledge(Leases{held.lease})).empty());
}

TEST_P(RemoveAll, NoIdsRemoveNothing) {
  push(tasks("t", 2));
  EXPECT_EQ(removeMany({}), 0u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(RemoveAll, RemovesAThousandInOneCall) {
  const auto ids = pushMany(kMaxTasksPerChange);
  EXPECT_EQ(removeMany(ids), kMaxTasksPerChange);
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(RemoveAll, ATaskThatWasRemovedCanBePushedAgain) {
  push({task("t")});
  EXPECT_EQ(removeMany({"t"}), 1u);
  push({task("t")});
  EXPECT_EQ(find("t").state, TaskState::Due);
}

TEST_P(Reschedule, ChangesTheDueTimeOfWaitingTasksAndReturnsHowMany) {
  const auto now = store_->now();
  push({task("due"), task("scheduled", now + 10s), task("other", now + 10s)});
  EXPECT_EQ(reschedule({"due", "scheduled", "missing"}, now + 60s), 2u);
  EXPECT_EQ(find("due").due, now + 60s);
  EXPECT_EQ(find("due").state, TaskState::Scheduled);
  EXPECT_EQ(find("scheduled").due, now + 60s);
  EXPECT_EQ(find("other").due, now + 10s);
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 3}));
}

TEST_P(Reschedule, WithoutATimeTasksAreDueAtOnceByTheStoresClock) {
  push({task("scheduled", store_->now() + 1h)});
  EXPECT_EQ(reschedule({"scheduled"}, {}), 1u);
  EXPECT_EQ(find("scheduled").state, TaskState::Due);
  EXPECT_LE(find("scheduled").due, store_->now());
  EXPECT_GT(find("scheduled").due, store_->now() - 1min);
  const auto session = openSession('a');
  EXPECT_EQ(idsOf(pop(*session)), Ids{"scheduled"});
}

TEST_P(Reschedule, TasksAreLeasedByTheirNewTimes) {
  const auto now = store_->now();
  push({task("1", now + 1s), task("2", now + 2s), task("3", now + 3s)});
  EXPECT_EQ(reschedule({"1"}, now + 10s), 1u);
  EXPECT_EQ(reschedule({"3"}, now - 10s), 1u);
  const auto session = openSession('a');
  EXPECT_EQ(idsOf(pop(*session)), Ids{"3"});
  store_->advance(5s);
  EXPECT_EQ(idsOf(pop(*session)), Ids{"2"});
  store_->advance(6s);
  EXPECT_EQ(idsOf(pop(*session)), Ids{"1"});
}

TEST_P(Reschedule, ChangesNoTaskThatIsLeasedOrBuried) {
  pushBuried({"buried"});
  push({task("held", store_->now() - 10s)});
  const auto session = openSession('a');
  const auto held = popOne(*session);
  const auto dueOfHeld = find("held").due, dueOfBuried = find("buried").due;
  EXPECT_EQ(reschedule({"held", "buried"}, store_->now() + 60s), 0u);
  EXPECT_EQ(reschedule({"held", "buried"}, {}), 0u);
  EXPECT_EQ(find("held").due, dueOfHeld);
  EXPECT_EQ(find("buried").due, dueOfBuried);
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1, .buried = 1}));
  EXPECT_TRUE(must(session->acknowledge(Leases{held.lease})).empty());
}

TEST_P(Reschedule, TasksKeepTheirCountersAndTheirEnvelope) {
  auto counted = task("t");
  counted.counters = {.failures = 1, .crashes = 2, .expiries = 3, .unknown = 4};
  push({counted});
  EXPECT_EQ(reschedule({"t"}, store_->now() + 10s), 1u);
  EXPECT_EQ(reschedule({"t"}, {}), 1u);
  EXPECT_EQ(find("t").counters, counted.counters);
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  EXPECT_EQ(leased.counters, counted.counters);
  EXPECT_EQ(idIn(leased.envelope), "t");
}

TEST_P(Reschedule, ATaskIsStillInTheQueueUnderItsId) {
  push({task("t")});
  EXPECT_EQ(reschedule({"t"}, store_->now() + 10s), 1u);
  push({task("t")});
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
  must(keeper().remove("t"));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Reschedule, NoIdsChangeNothing) {
  push(tasks("t", 2));
  EXPECT_EQ(reschedule({}, store_->now() + 10s), 0u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(Reschedule, ChangesAThousandInOneCall) {
  const auto ids = pushMany(kMaxTasksPerChange, store_->now() + 1h);
  EXPECT_EQ(reschedule(ids, {}), kMaxTasksPerChange);
  EXPECT_EQ(counts(), (TaskCounts{.due = kMaxTasksPerChange}));
  const auto session = openSession('a');
  EXPECT_EQ(pop(*session, kMaxTasksPerChange).size(), kMaxTasksPerChange);
}

TEST_P(Reschedule, ATaskThatIsMadeDueEndsAWait) {
  LEPTIR_NEEDS_TRAIT(wakesWaiters);
  use(ClockKind::Machine);
  push({task("t", store_->now() + 2h)});
  EXPECT_EQ(leasedByAWaitThatEndsWith([](TaskKeeper& keeper) { must(keeper.reschedule(Ids{"t"}, {})); }), Ids{"t"});
}

// The session would wait for an hour, and must notice that the task is due before.
TEST_P(Reschedule, ATaskThatIsDueEarlierThanBeforeEndsAWaitInTime) {
  LEPTIR_NEEDS_TRAIT(wakesWaiters);
  use(ClockKind::Machine);
  push({task("t", store_->now() + 2h)});
  EXPECT_EQ(
      leasedByAWaitThatEndsWith([this](TaskKeeper& keeper) { must(keeper.reschedule(Ids{"t"}, store_->now() + 1s)); }),
      Ids{"t"});
}

TEST_P(ReviveMany, RevivesManyInOneCall) {
  Ids ids;
  for (int i = 0; i < 120; ++i) ids.push_back("b" + std::to_string(i));
  const auto session = openSession('e');
  for (const auto& id : ids) push({task(id)});
  std::vector<TaskBurial> burials;
  const auto leased = pop(*session, ids.size());
  for (const auto& each : leased) burials.push_back({each.lease, {.failures = 2}, "why", each.envelope});
  must(session->bury(burials));
  EXPECT_EQ(must(keeper().revive(ids)), ids.size());
  EXPECT_EQ(counts(), (TaskCounts{.due = ids.size()}));
  auto again = idsOf(pop(*session, ids.size()));
  std::ranges::sort(again);
  std::ranges::sort(ids);
  EXPECT_EQ(again, ids);
}

TEST_P(ReviveMany, ARevivedTaskEndsAWait) {
  LEPTIR_NEEDS_TRAIT(wakesWaiters);
  use(ClockKind::Machine);
  pushBuried({"b"});
  EXPECT_EQ(leasedByAWaitThatEndsWith([](TaskKeeper& keeper) { must(keeper.revive(Ids{"b"})); }), Ids{"b"});
}

}  // namespace
}  // namespace leptir::conformance
