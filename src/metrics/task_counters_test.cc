#include "metrics/task_counters.h"

#include <gmock/gmock.h>

#include "metrics/metrics_table_fixture.h"

namespace leptir::metrics {
namespace {

using namespace std::chrono_literals;

class TaskCountersTest : public MetricsTableTest {
 protected:
  static void countEach(TaskCounters& counters, std::uint32_t first, std::uint32_t last) {
    for (auto name = first; name <= last; ++name) counters.count({.name = name});
  }
  static constexpr auto kLast = static_cast<std::uint32_t>(kMaxNameRows);
};

TEST_F(TaskCountersTest, CountsByBrokerNameAndEnd) {
  auto counters = countersOf({"mail", "resize"}, {"main", "slow"});
  counters.count({.broker = 0, .name = 1});
  counters.count({.broker = 0, .name = 1});
  counters.count({.broker = 1, .name = 2, .end = TaskEnd::Buried, .cause = FailureCause::Crashed});
  const auto tasks = read().tasks;
  ASSERT_EQ(tasks.size(), 6u) << "mail, resize and other, each of two brokers";
  EXPECT_EQ(tasks[0].broker + " " + tasks[0].name, "main mail");
  EXPECT_EQ(tasks[0].ends[static_cast<std::size_t>(TaskEnd::Succeeded)], 2u);
  EXPECT_EQ(tasks[3].broker + " " + tasks[3].name, "slow resize");
  EXPECT_EQ(tasks[3].ends[static_cast<std::size_t>(TaskEnd::Buried)], 1u);
  EXPECT_EQ(read().names.at(1).failures[static_cast<std::size_t>(FailureCause::Crashed)], 1u);
}

TEST_F(TaskCountersTest, TimesFallIntoTheBucketsOfTheirBounds) {
  auto counters = countersOf({"mail"});
  for (const auto time : {-5us, 0us, 10us, 11us, 100us, 3'600'000'000us, 3'600'000'001us})
    counters.count({.name = 1, .runTime = time, .queueTime = time});
  counters.count({.name = 1});  // has no times
  const auto name = read().names.at(0);
  for (const auto* times : {&name.runTime, &name.queueTime}) {
    EXPECT_EQ(times->buckets.front(), 3u) << "below zero, zero and 10 µs";
    EXPECT_EQ(times->buckets[1], 2u) << "11 and 100 µs";
    EXPECT_EQ(times->buckets[kTimeBoundsInMicroseconds.size() - 1], 1u) << "an hour";
    EXPECT_EQ(times->buckets.back(), 1u) << "more";
    EXPECT_EQ(times->count(), 7u);
    EXPECT_EQ(times->sum, 121u + 7'200'000'001u);
  }
}

TEST_F(TaskCountersTest, ASuccessorCountsOn) {
  countersOf({"mail", "resize"}).count({.name = 1});
  auto successor = countersOf({"archive", "mail", "resize"});
  successor.count({.name = 2});
  successor.count({.name = 1});
  EXPECT_EQ(counted("mail"), 2u);
  EXPECT_EQ(counted("archive"), 1u);
  EXPECT_EQ(counted("resize"), 0u);
}

TEST_F(TaskCountersTest, NamesBeyondTheMostAreCountedTogether) {
  auto counters = countersOf(manyNames(kMaxNameRows + 2));
  countEach(counters, 1, kLast + 2);
  EXPECT_EQ(read().names.size(), kMaxNameRows + 1) << "and other";
  EXPECT_EQ(counted("task255"), 1u);
  EXPECT_EQ(counted("task256"), 0u);
  EXPECT_EQ(counted("other"), 2u);
}

TEST_F(TaskCountersTest, NamesThatAreNotKnownAreCountedTogether) {
  auto counters = countersOf({"mail", "other", ""});
  counters.count({.name = 0, .end = TaskEnd::Buried, .cause = FailureCause::Malformed});
  counters.count({.name = 2});
  counters.count({.name = 3});
  counters.count({.name = 4});  // no such number
  EXPECT_EQ(counted("other"), 3u);
  EXPECT_EQ(counted("other", TaskEnd::Buried), 1u);
  EXPECT_EQ(read().names.size(), 1u) << "one series for other";
}

TEST_F(TaskCountersTest, ANameThatIsShownFromTheStartBeginsAtZeroAtEachBroker) {
  auto counters = countersOf({"mail", "noop"}, {"main", "slow"});
  counters.initializeSeries(1);
  counters.initializeSeries(3);  // no such number
  const auto tasks = read().tasks;
  ASSERT_EQ(tasks.size(), 4u);
  EXPECT_EQ(tasks[0].broker + " " + tasks[0].name, "main mail");
  EXPECT_EQ(tasks[1].broker + " " + tasks[1].name, "slow mail");
  EXPECT_EQ(tasks[2].name, "other");
  EXPECT_EQ(read().names.size(), 2u);
}

TEST_F(TaskCountersTest, NamesThatAreShownFromTheStartTakeNoRowFromAnotherName) {
  auto counters = countersOf(manyNames(kMaxNameRows + 1));
  for (std::uint32_t name = 1; name <= kLast + 1; ++name) counters.initializeSeries(name);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);
  counters.count({.name = kLast + 1});
  EXPECT_EQ(counted("task256"), 1u) << "an idle name makes room";
  EXPECT_EQ(read().names.size(), kMaxNameRows + 1);
}

TEST_F(TaskCountersTest, AnIdleNameWithTheSmallestCountMakesRoom) {
  auto counters = countersOf(manyNames(kMaxNameRows + 1));
  countEach(counters, 1, kLast);
  countEach(counters, 1, kLast);
  countEach(counters, 1, 6);
  countEach(counters, 8, kLast);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);  // what was counted until now
  countEach(counters, 20, kLast);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);
  counters.count({.name = kLast + 1});
  EXPECT_EQ(counted("task256"), 1u);
  EXPECT_EQ(counted("task6"), 0u);
  EXPECT_EQ(counted("task5"), 3u);
  EXPECT_EQ(counted("other"), 0u);
}

TEST_F(TaskCountersTest, ANameThatLostItsRowIsCountedWithTheOthers) {
  auto counters = countersOf(manyNames(kMaxNameRows + 1));
  countEach(counters, 1, kLast);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);
  countEach(counters, 2, kLast);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);
  counters.count({.name = kLast + 1});
  counters.count({.name = 1});
  EXPECT_EQ(counted("task256"), 1u);
  EXPECT_EQ(counted("task0"), 0u);
  EXPECT_EQ(counted("other"), 1u);
}

TEST_F(TaskCountersTest, ABusyNameKeepsItsRow) {
  auto counters = countersOf(manyNames(kMaxNameRows + 1));
  countEach(counters, 1, kLast);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);
  counters.updateIdleRows(now += TaskCounters::kNameIdleAfter);
  countEach(counters, 1, kLast);  // idle no more
  counters.count({.name = kLast + 1});
  EXPECT_EQ(counted("task256"), 0u);
  EXPECT_EQ(counted("other"), 1u);
  EXPECT_EQ(counted("task0"), 2u);
}

}  // namespace
}  // namespace leptir::metrics
