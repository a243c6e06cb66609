// Pauses in the dispatcher's core, with the reference queue as its store.
#include "dispatcher/limited_names_fixture.h"

namespace leptir::dispatcher {
namespace {

class PausedNamesTest : public LimitedNamesTest {
 protected:
  void pause(std::vector<std::string> names) {
    events.push_back(event::PausesChanged{.broker = 0, .isQueuePaused = false, .names = std::move(names)});
  }
  void pauseQueue() { events.push_back(event::PausesChanged{.broker = 0, .isQueuePaused = true, .names = {}}); }
  // The first ones first: of those behind them several begin at the same time.
  void expectEachBegan(const std::string& name, int count) {
    auto first = begun[name];
    first.resize(kSlots);
    std::ranges::sort(first);
    auto expected = inOrder(name, kSlots);
    std::ranges::sort(expected);
    EXPECT_EQ(first, expected);
    auto all = begun[name];
    std::ranges::sort(all);
    expected = inOrder(name, count);
    std::ranges::sort(expected);
    EXPECT_EQ(all, expected);
  }
  void resumeAll() { events.push_back(event::PausesChanged{.broker = 0, .isQueuePaused = false, .names = {}}); }
};

TEST_F(PausedNamesTest, NoTaskOfAPausedNameBeginsAndAnotherInstanceMayLeaseThem) {
  start(2);
  pause({"other"});
  push("other", 20, 10ms);
  run(2s);
  EXPECT_TRUE(begun["other"].empty());
  EXPECT_EQ(queue.counts(), (TaskCounts{.due = 20}));
  const auto theirs = queue.open({std::string(32, 'b'), 1}, {}, 24h).value();
  EXPECT_EQ(queue.lease(theirs, 20)->size(), 20u);
}

TEST_F(PausedNamesTest, RunningTasksGoOnAndWhatHasNotBegunIsGivenBackUnchanged) {
  start(2);
  push("other", 50, 1s);
  run(100ms);
  ASSERT_EQ(executing["other"], kSlots);
  pause({"other"});
  run(3s);
  EXPECT_EQ(begun["other"].size(), std::size_t{kSlots});
  EXPECT_EQ(executing["other"], 0) << "they have ended";
  EXPECT_EQ(queue.counts(), (TaskCounts{.due = 50 - kSlots}));
  for (const auto& task : queue.listWaiting()) EXPECT_EQ(task.counters, Counters()) << task.id;
}

TEST_F(PausedNamesTest, TasksOfAResumedNameBeginAtOnceInTheOrderOfTheirPush) {
  start(2);
  pause({"other"});
  push("other", 100, 10ms);
  run(1s);
  resumeAll();
  EXPECT_LT(runUntilBegun("other", 1), 20ms);
  EXPECT_LT(runUntilBegun("other", 100), 100 * 10ms);
  expectEachBegan("other", 100);
}

TEST_F(PausedNamesTest, AStoreThatCannotBeAskedAgainDeliversTheTasksOfAResumedNameSoon) {
  start(2, {}, false);
  pause({"other"});
  push("other", 100, 10ms);
  run(1s);
  resumeAll();
  EXPECT_LT(runUntilBegun("other", 100), 11s);
}

TEST_F(PausedNamesTest, ALongQueueOfAPausedNameHoldsUpNoOtherName) {
  start(2);
  pause({"other"});
  push("other", 30'000, 10ms);
  push("few", 50, 10ms);
  EXPECT_LT(runUntilBegun("few", 50), 50 * 10ms / 2 + 2s);
  EXPECT_TRUE(begun["other"].empty());
  push("few", 1, 10ms);
  EXPECT_LT(runUntilBegun("few", 51), 1s);
}

TEST_F(PausedNamesTest, ALongQueueOfAPausedNameCostsAThousandTasksASecondAtMost) {
  start(2);
  pause({"other"});
  push("other", 40'000, 10ms);
  run(2s);
  clock.advance(31s);
  run(1s);  // what became due meanwhile is put behind again
  released = queue.leasedTasks = 0;
  run(3s);
  EXPECT_GE(released, 2'000u) << "the queue is longer than half a minute";
  EXPECT_LE(released, 3'000u + 600);
  EXPECT_LE(queue.leasedTasks, 3'000u + 600);
}

TEST_F(PausedNamesTest, AShorterQueueOfAPausedNameIsLeasedOnceInHalfAMinute) {
  start(2);
  pause({"other"});
  push("other", 3'000, 10ms);
  run(2s);
  EXPECT_EQ(released, 3'000u);
  run(5s);
  EXPECT_EQ(released, 3'000u);
  clock.advance(30s);
  run(2s);
  EXPECT_LE(released, 2u * 3'000);
}

TEST_F(PausedNamesTest, ALongQueueIsWorkedOffAfterItsNameIsResumed) {
  start(2);
  pause({"other"});
  push("other", 5'000, 1ms);
  run(10s);
  resumeAll();
  EXPECT_LT(runUntilBegun("other", 2'000), 5s);
  EXPECT_LT(runUntilBegun("other", 5'000), 40s);
}

TEST_F(PausedNamesTest, ANameWithMaxRunningKeepsItsLimitAndItsOrderAfterAPause) {
  start(2);
  push("few", 40, 50ms);
  runUntilBegun("few", 4);
  pause({"few"});
  run(2s);
  const auto before = begun["few"].size();
  EXPECT_LE(before, 6u) << "those that had begun";
  EXPECT_EQ(executing["few"], 0);
  resumeAll();
  EXPECT_LT(runUntilBegun("few", 40), 40 * 60ms + 1s);
  EXPECT_EQ(most["few"], 2);
  EXPECT_EQ(begun["few"], inOrder("few", 40));
}

TEST_F(PausedNamesTest, OneOfSeveralPausedNamesIsResumed) {
  start(2);
  pause({"few", "other"});
  push("few", 5, 10ms);
  push("other", 5, 10ms);
  run(1s);
  pause({"few"});
  runUntilBegun("other", 5, 1s);
  EXPECT_TRUE(begun["few"].empty());
}

TEST_F(PausedNamesTest, ATaskOfAPausedNameIsCancelledInTheStore) {
  start(2);
  pause({"other"});
  push("other", 3, 10ms);
  run(1s);
  EXPECT_EQ(queue.cancel("other2", "me@here").value(), CancelResult::Removed);
  resumeAll();
  runUntilBegun("other", 2, 1s);
  run(1s);
  EXPECT_EQ(begun["other"], (std::vector<std::string>{"other1", "other3"}));
}

TEST_F(PausedNamesTest, NothingOfAPausedQueueIsLeasedUntilItIsResumed) {
  start(2);
  push("other", 50, 1s);
  run(100ms);
  pauseQueue();
  run(3s);
  EXPECT_EQ(begun["other"].size(), std::size_t{kSlots});
  EXPECT_EQ(queue.counts(), (TaskCounts{.due = 50 - kSlots}));
  queue.leases = 0;
  run(5s);
  EXPECT_EQ(queue.leases, 0u);
  resumeAll();
  EXPECT_LT(runUntilBegun("other", kSlots + 1), 20ms);
  runUntilBegun("other", 50);
  expectEachBegan("other", 50);
}

TEST_F(PausedNamesTest, AQueueOfANameWithMaxRunningGoesOnAfterAPause) {
  start(2);
  push("few", 200, 20ms);
  run(300ms);
  pauseQueue();
  run(2s);
  EXPECT_EQ(queue.counts().leased, 0u);
  resumeAll();
  EXPECT_LT(runUntilBegun("few", 200), 200 * 30ms);
  EXPECT_EQ(most["few"], 2);
}

TEST_F(PausedNamesTest, ADrainedInstanceBeginsNothingUntilItIsResumed) {
  start(2);
  push("other", 50, 1s);
  run(100ms);
  events.push_back(event::DrainChanged{true});
  run(3s);
  EXPECT_EQ(begun["other"].size(), std::size_t{kSlots});
  EXPECT_EQ(queue.counts().leased, 0u);
  resumeAll();
  run(1s);
  EXPECT_EQ(begun["other"].size(), std::size_t{kSlots}) << "the end of a pause does not end a drain";
  events.push_back(event::DrainChanged{false});
  EXPECT_LT(runUntilBegun("other", kSlots + 1), 20ms);
}

TEST_F(PausedNamesTest, APauseAlsoHoldsWhileTasksAreLeasedOneAtATime) {
  start(2, clock.bootTime() + 60s);
  pauseQueue();
  push("other", 5, 10ms);
  run(2s);
  EXPECT_TRUE(begun["other"].empty());
  resumeAll();
  runUntilBegun("other", 5, 30s);
}

}  // namespace
}  // namespace leptir::dispatcher
