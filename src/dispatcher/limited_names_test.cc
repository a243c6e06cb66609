// `max_running` in the dispatcher's core.
#include "dispatcher/limited_names.h"

#include "dispatcher/limited_names_fixture.h"

namespace leptir::dispatcher {
namespace {

TEST_F(LimitedNamesTest, AsManyTasksOfANameRunAsMayAndTheyBeginInTheOrderOfTheirPush) {
  start(2);
  push("few", 100, 1s);
  EXPECT_LT(runUntilBegun("few", 100), 52s) << "a place that becomes free is taken at once";
  EXPECT_EQ(most["few"], 2);
  EXPECT_EQ(begun["few"], inOrder("few", 100));
}

TEST_F(LimitedNamesTest, ShortTasksAreHeldUpByTheLimitAlone) {
  start(2);
  push("few", 3'000, 2ms);
  // In this model a task of 2 ms takes 3 ms: its end is seen a millisecond later.
  EXPECT_LT(runUntilBegun("few", 3'000), 3'000 / 2 * 3ms + 500ms);
  EXPECT_EQ(most["few"], 2);
}

TEST_F(LimitedNamesTest, TasksOfOtherNamesAreNotHeldUp) {
  start(2);
  push("few", 500, 60s);
  push("other", 600, 100ms);
  EXPECT_LT(runUntilBegun("other", 600), 600 * 100ms / (kSlots - 2) + 1s);
  EXPECT_EQ(most["few"], 2);
  EXPECT_EQ(begun["few"], inOrder("few", 2));
}

TEST_F(LimitedNamesTest, TasksThatWaitCostFewOperationsOfTheStore) {
  start(2);
  push("few", 500, 1h);
  run(5s);
  queue.leases = queue.leasedTasks = released = 0;
  run(60s);
  EXPECT_LE(queue.leasedTasks, 2u * 500) << "each is leased once in half a minute";
  EXPECT_LE(released, 2u * 500);
  EXPECT_LE(queue.leases, 100u);
  EXPECT_EQ(queue.counts().leased, 2u) << "other instances can lease all others";
}

TEST_F(LimitedNamesTest, EachWaitingTaskIsLeasedOnceMoreWhenItsTurnComes) {
  start(1);
  push("few", 200, 100ms);
  runUntilBegun("few", 200);
  EXPECT_LE(queue.leasedTasks, 3u * 200);
}

TEST_F(LimitedNamesTest, TasksThatAnotherInstanceRanMeanwhileHoldUpNoOther) {
  start(1);
  push("few", 300, 1s);
  run(2s);
  const auto other = queue.open({std::string(32, 'b'), 1}, {}, 24h).value();
  const auto theirs = queue.lease(other, 200).value();
  std::vector<LeaseId> leases;
  for (const auto& task : theirs) leases.push_back(task.lease);
  ASSERT_TRUE(queue.acknowledge(other, leases));
  const auto before = begun["few"].size();
  EXPECT_LT(runUntilBegun("few", before + 20), 22s);
  EXPECT_TRUE(std::ranges::is_sorted(
      begun["few"], [](const auto& a, const auto& b) { return std::stoi(a.substr(3)) < std::stoi(b.substr(3)); }));
}

TEST_F(LimitedNamesTest, AVeryLongQueueOfOneNameHoldsUpNoOtherNameAndCostsFewOperations) {
  start(1);
  push("few", 6'000, 1h);
  push("other", 50, 10ms);
  EXPECT_LT(runUntilBegun("other", 50), 2s);
  run(2s);
  released = 0;
  run(3s);
  EXPECT_LE(released, 3'100u);
}

TEST_F(LimitedNamesTest, AVeryLongQueueOfShortTasksIsWorkedOff) {
  start(4);
  push("few", 6'000, 10ms);
  EXPECT_LT(runUntilBegun("few", 6'000), 30s);
  EXPECT_EQ(most["few"], 4);
}

TEST_F(LimitedNamesTest, ATaskThatIsPushedLaterBeginsAfterThoseThatWait) {
  start(1);
  push("few", 3, 2s);
  run(1s);
  push("few", 1, 2s);
  runUntilBegun("few", 4);
  EXPECT_EQ(begun["few"], inOrder("few", 4));
}

TEST_F(LimitedNamesTest, CancellingAWaitingTaskRemovesItFromTheQueue) {
  start(1);
  push("few", 3, 2s);
  run(1s);
  EXPECT_EQ(queue.cancel("few2", "me@here").value(), CancelResult::Removed);
  runUntilBegun("few", 2);
  EXPECT_EQ(begun["few"], (std::vector<std::string>{"few1", "few3"}));
}

TEST_F(LimitedNamesTest, NoTaskWaitsHereWhileTasksAreLeasedOneAtATime) {
  start(1, clock.bootTime() + 60s);
  push("few", 5, 30s);
  push("other", 5, 10ms);
  runUntilBegun("other", 5, 55s);
  EXPECT_EQ(most["few"], 1);
}

// The cells of an earlier dispatcher, which knew a higher limit or none.
TEST_F(LimitedNamesTest, TasksThatAnEarlierDispatcherAssignedCountAndFinish) {
  start(3);
  push("few", 5, 2s);
  run(500ms);
  ASSERT_EQ(executing["few"], 3);
  const auto earlier = std::move(core);
  start(1);
  std::vector<Event> found;
  for (const auto& slot : cells) {
    for (const auto& task : slot)
      found.push_back(event::CellFound{task.cell,
                                       {.broker = 0, .epoch = 1, .lease = task.lease, .envelope = task.envelope},
                                       task.began.has_value()});
  }
  ASSERT_EQ(found.size(), 3u);
  perform(core->step(std::move(found), now()));
  events.push_back(event::HeldTasksListed{0, 1, queue.held(session).value()});
  run(1s);
  EXPECT_EQ(executing["few"], 3) << "all three go on";
  EXPECT_EQ(begun["few"].size(), 3u) << "none begins beside them";
  most["few"] = 0;
  runUntilBegun("few", 5, 10s);
  EXPECT_EQ(most["few"], 1);
}

}  // namespace
}  // namespace leptir::dispatcher
