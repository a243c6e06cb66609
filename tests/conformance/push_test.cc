#include <gmock/gmock.h>

#include <limits>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

using ::testing::HasSubstr;

LEPTIR_CONFORMANCE_GROUP(Push, BrokerConformance);

TEST_P(Push, AddsAllTasksOfAList) {
  push(tasks("t", 100));
  EXPECT_EQ(counts(), (TaskCounts{.due = 100}));
}

TEST_P(Push, AddsNoneWhenOneIsInvalid) {
  auto list = tasks("t", 3);
  list[1].name = "";
  const auto answer = broker_->pushBrokerTasks(list);
  EXPECT_EQ(codeOf(answer), ErrorCode::Invalid);
  EXPECT_THAT(answer.error().message(), HasSubstr("t2"));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Push, AddsNoneWhenAnIdHoldsALineBreak) {
  auto list = tasks("t", 2);
  list[1].id = "x\ny";
  EXPECT_EQ(codeOf(broker_->pushBrokerTasks(list)), ErrorCode::Invalid);
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Push, AddsNoneWhenOneIsTooLarge) {
  auto list = tasks("t", 3);
  list[2].parameters = "[\"" + std::string(kMaxEnvelopeBytes, 'x') + "\"]";
  const auto answer = broker_->pushBrokerTasks(list);
  EXPECT_EQ(codeOf(answer), ErrorCode::TooLarge);
  EXPECT_THAT(answer.error().message(), HasSubstr("t3"));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Push, AddsNoneWhenATimeOrALimitIsBeyondAllClocks) {
  auto late = tasks("t", 3), early = late, longest = late;
  late[1].timeOfExecution = Time::max();
  early[1].timeOfExecution = Time::min();
  longest[1].timeLimitSeconds = std::numeric_limits<std::int64_t>::max();
  for (const auto& list : {late, early, longest}) {
    const auto answer = broker_->pushBrokerTasks(list);
    EXPECT_EQ(codeOf(answer), ErrorCode::Invalid);
    EXPECT_THAT(answer.error().message(), HasSubstr("t2"));
  }
  EXPECT_EQ(counts(), TaskCounts{});
  push({task("last", Time(kMaxTimeSpan))});
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
  if (GetParam().traits.findsById) {
    EXPECT_EQ(find("last").due, Time(kMaxTimeSpan));
  }
}

TEST_P(Push, AddsNothingForAnEmptyList) {
  must(broker_->pushBrokerTasks({}));
  EXPECT_EQ(counts(), TaskCounts{});
}

TEST_P(Push, TasksOutliveTheConnectionThatPushedThem) {
  push(tasks("t", 2));
  broker_ = store_->openBroker();
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(Push, ATaskWhoseIdIsInTheQueueIsNotAddedTwice) {
  LEPTIR_NEEDS_TRAIT(refusesRepeatedIds);
  push({task("same")});
  push({task("same"), task("other"), task("other")});
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(Push, ATaskWhoseIdIsInTheQueueStaysAsItIs) {
  LEPTIR_NEEDS_TRAIT(refusesRepeatedIds);
  push({task("same", store_->now() + 10s)});
  push({task("same")});
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1}));
}

TEST_P(Push, ALeasedTaskIsNotAddedTwice) {
  LEPTIR_NEEDS_TRAIT(refusesRepeatedIds);
  push({task("same")});
  const auto session = openSession('a');
  popOne(*session);
  push({task("same")});
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
}

TEST_P(Push, ABuriedTaskIsNotAddedTwice) {
  LEPTIR_NEEDS_TRAIT(refusesRepeatedIds);
  LEPTIR_NEEDS_TRAIT(keepsBuried);
  push({task("same")});
  const auto session = openSession('a');
  const auto leased = popOne(*session);
  must(session->bury(std::vector<TaskBurial>{{leased.lease, {}, "for now", leased.envelope}}));
  push({task("same")});
  EXPECT_EQ(counts(), (TaskCounts{.buried = 1}));
}

TEST_P(Push, AnIdThatLeftTheQueueCanBePushedAgain) {
  push({task("again")});
  const auto session = openSession('a');
  must(session->acknowledge(Leases{popOne(*session).lease}));
  push({task("again")});
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
}

TEST_P(Push, ATaskWithoutTimeOfExecutionIsDueNow) {
  LEPTIR_NEEDS_TRAIT(findsById);
  push({task("now")});
  EXPECT_EQ(find("now").state, TaskState::Due);
  EXPECT_EQ(find("now").due, store_->now());
}

TEST_P(Push, CountsEachTaskInExactlyOneState) {
  const auto session = openSession('a');
  push(tasks("t", 6));
  const auto leased = pop(*session, 3);
  must(session->bury(std::vector<TaskBurial>{{leased[0].lease, {}, "why", leased[0].envelope}}));
  push({task("later", store_->now() + 10s)});
  const std::uint64_t buried = GetParam().traits.keepsBuried ? 1 : 0;
  EXPECT_EQ(counts(), (TaskCounts{.due = 3, .scheduled = 1, .leased = 2, .buried = buried}));
}

TEST_P(Push, ThousandsInOneListKeepTheirOrder) {
  LEPTIR_NEEDS_TRAIT(keepsOrder);
  const auto session = openSession('a');
  const auto many = tasks("t", 5'000);
  push(many);
  const auto popped = pop(*session, 5'000);
  ASSERT_EQ(popped.size(), many.size());
  EXPECT_EQ(idIn(popped.front().envelope), "t1");
  EXPECT_EQ(idIn(popped.back().envelope), "t5000");
}

}  // namespace
}  // namespace leptir::conformance
