// Operations: what it answers about queues and tasks.
#include "fleet/instance_card.h"
#include "fleet/pause.h"
#include "operations/operations_fixture.h"

namespace leptir::operations {
namespace {

using QuestionsTest = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, QuestionsTest, ::testing::Values("memory", "sqlite"));

TEST_P(QuestionsTest, AQueueHasCountsAndTheAgeOfItsOldestDueTask) {
  push("old", -10min);
  push("new");
  push("later", 1h);
  auto asked = operations();
  const auto queues = asked.queues();
  ASSERT_THAT(queues, SizeIs(2));
  EXPECT_EQ(queues[0].name, "first");
  EXPECT_EQ(*queues[0].counts, (TaskCounts{.due = 2, .scheduled = 1}));
  ASSERT_TRUE(queues[0].oldestDue);
  EXPECT_GE(*queues[0].oldestDue, 10min);
  EXPECT_LT(*queues[0].oldestDue, 11min);
  EXPECT_FALSE(queues[1].oldestDue) << "no task is due there";
  EXPECT_THAT(queues[0].cannot, IsEmpty());
}

TEST_P(QuestionsTest, AQueueHasTheRatesThatItsInstancesTellAndWhenItIsEmpty) {
  pushMany("a", 240);
  EXPECT_FALSE(operations().queues()[0].donePerSecond) << "no instance tells";
  for (const auto* instance : {kInstance, "fedcba9876543210fedcba9876543210"}) {
    fleet::InstanceCard card{.instance = instance, .host = "web1", .version = "1", .broker = "first", .pid = 7};
    card.names = {"mail"};
    card.recent = {.done = 120, .failed = 30, .within = 60s};
    ASSERT_TRUE(store().fleet()->put(fleet::keyOf(card), fleet::textOf(card), fleet::kCardLifetime));
  }
  auto asked = operations();
  const auto queue = asked.queues()[0];
  EXPECT_DOUBLE_EQ(queue.donePerSecond.value_or(0), 4.0);
  EXPECT_DOUBLE_EQ(queue.failedPerSecond.value_or(0), 1.0);
  EXPECT_EQ(queue.emptyIn, 60s);
  EXPECT_FALSE(asked.queues()[1].donePerSecond);
  ASSERT_TRUE(asked.pause("first", ""));
  EXPECT_FALSE(asked.queues()[0].emptyIn) << "a paused queue does not become empty";
}

TEST_P(QuestionsTest, AQueueWithTasksThatCannotRunDoesNotBecomeEmpty) {
  pushMany("a", 240);
  fleet::InstanceCard card{.instance = kInstance, .host = "web1", .version = "1", .broker = "first", .pid = 7};
  card.names = {"mail"};
  card.recent = {.done = 120, .failed = 0, .within = 60s};
  ASSERT_TRUE(store().fleet()->put(fleet::keyOf(card), fleet::textOf(card), fleet::kCardLifetime));
  auto asked = operations();
  EXPECT_TRUE(asked.queues()[0].emptyIn);
  ASSERT_TRUE(asked.pause("first", "mail"));
  EXPECT_FALSE(asked.queues()[0].emptyIn) << "the name is paused";
  ASSERT_TRUE(asked.resume("first", "mail"));
  push("typo", -10min, "mial");
  EXPECT_FALSE(asked.queues()[0].emptyIn) << "no instance knows the name";
}

TEST_P(QuestionsTest, TasksAndRecordsAreListedWithTheLatestOrTheEarliestFirst) {
  push("a", 1h);
  push("b", 2h);
  saveRecord("old", ExitStatus::Error);
  saveRecord("new", ExitStatus::Error);
  auto asked = operations();
  const auto scheduled = asked.tasks({.state = ListedState::Scheduled}, "", 10, ListOrder::LatestFirst);
  EXPECT_THAT(idsOf(scheduled->tasks), ElementsAre("b", "a"));
  const auto failed = asked.tasks({.state = ListedState::Failed}, "", 10, ListOrder::EarliestFirst);
  EXPECT_THAT(idsOf(failed->tasks), ElementsAre("old", "new"));
  EXPECT_THAT(idsOf(asked.tasks({.state = ListedState::Failed}, "", 10)->tasks), ElementsAre("new", "old"));
  const auto records = asked.records({.order = ListOrder::EarliestFirst}, "", 10);
  EXPECT_EQ(records->records.at(0).at("id"), "old");
}

TEST_P(QuestionsTest, AStoreThatIsDownIsShownWithItsErrorAndTheOthersWithTheirCounts) {
  push("a", {}, "mail", kSecond);
  faults[kFirst].failUntilRepaired();
  auto asked = operations();
  const auto queues = asked.queues();
  EXPECT_FALSE(queues[0].counts);
  EXPECT_EQ(queues[1].counts->due, 1u);
}

TEST_P(QuestionsTest, WhatAStoreCannotTellIsSaidInASentenceThatNamesTheBroker) {
  faults[kFirst].setError(Error(ErrorCode::Unsupported, "this store cannot tell the due times of its tasks"));
  faults[kFirst].failNext(testing::StoreCall::EarliestDue);
  auto asked = operations();
  const auto sentences = asked.queues()[0].cannot;
  ASSERT_THAT(sentences, SizeIs(1));
  EXPECT_TRUE(sentences[0].starts_with("broker first: ")) << sentences[0];
  EXPECT_THAT(sentences[0], HasSubstr("this store cannot tell the due times of its tasks"));
}

TEST_P(QuestionsTest, PagesGoThroughAllQueuesAndRecordsAndNameEachTaskOnce) {
  for (const auto* id : {"a1", "a2", "a3"}) push(id);
  for (const auto* id : {"b1", "b2"}) push(id, 1h, "mail", kSecond);
  saveRecord("c1", ExitStatus::Success);
  saveRecord("c2", ExitStatus::Error);
  auto asked = operations();
  std::vector<std::string> ids;
  std::string cursor;
  int pages = 0;
  do {
    auto page = asked.tasks({}, cursor, 2);
    ASSERT_TRUE(page) << page.error().message();
    ASSERT_LE(page->tasks.size(), 2u);
    for (const auto& id : idsOf(page->tasks)) ids.push_back(id);
    cursor = page->cursor;
    ASSERT_LT(++pages, 20);
  } while (!cursor.empty());
  EXPECT_THAT(ids, UnorderedElementsAre("a1", "a2", "a3", "b1", "b2", "c1", "c2"));
}

TEST_P(QuestionsTest, AListedTaskSaysWhereItStandsAndWhy) {
  push("waits", 1h);
  push("fails");
  buryDue("failed 3 times");
  saveRecord("done", ExitStatus::Success);
  auto asked = operations();
  const auto buried = asked.tasks({.state = ListedState::Buried}, "", 10);
  ASSERT_THAT(buried->tasks, SizeIs(1));
  EXPECT_EQ(buried->tasks[0].id, "fails");
  EXPECT_EQ(buried->tasks[0].name, "mail");
  EXPECT_EQ(buried->tasks[0].broker, "first");
  EXPECT_EQ(buried->tasks[0].reason, "failed 3 times");
  EXPECT_EQ(buried->tasks[0].attempts, 3);
  const auto done = asked.tasks({.state = ListedState::Done}, "", 10);
  ASSERT_THAT(done->tasks, SizeIs(1));
  EXPECT_EQ(done->tasks[0].state, ListedState::Done);
  EXPECT_EQ(done->tasks[0].reason, "it said so");
  EXPECT_GT(done->tasks[0].time, systemClock().now() - 1min);
}

TEST_P(QuestionsTest, ASelectionMatchesByStateNameIdTimeReasonAndBroker) {
  push("aa1", {}, "mail");
  push("aa2", 1h, "mail");
  push("bb1", 2h, "report");
  push("bb2", {}, "mail", kSecond);
  auto asked = operations();
  const auto found = [&](const TaskSelection& selection) { return idsOf(asked.tasks(selection, "", 100)->tasks); };
  EXPECT_THAT(found({.state = ListedState::Due}), UnorderedElementsAre("aa1", "bb2"));
  EXPECT_THAT(found({.name = "report"}), ElementsAre("bb1"));
  EXPECT_THAT(found({.idPrefix = "bb"}), UnorderedElementsAre("bb1", "bb2"));
  EXPECT_THAT(found({.broker = "second"}), ElementsAre("bb2"));
  EXPECT_THAT(found({.since = systemClock().now() + 30min, .until = systemClock().now() + 90min}), ElementsAre("aa2"));
  EXPECT_THAT(found({.name = "mail", .idPrefix = "bb"}), ElementsAre("bb2"));
  EXPECT_THAT(found({.name = "nothing has this name"}), IsEmpty());
}

TEST_P(QuestionsTest, DoneAndFailedAreToldApartByTheRecord) {
  saveRecord("good", ExitStatus::Success);
  saveRecord("warned", ExitStatus::Warning);
  saveRecord("bad", ExitStatus::Error);
  auto asked = operations();
  EXPECT_THAT(idsOf(asked.tasks({.state = ListedState::Done}, "", 9)->tasks), UnorderedElementsAre("good", "warned"));
  EXPECT_THAT(idsOf(asked.tasks({.state = ListedState::Failed}, "", 9)->tasks), ElementsAre("bad"));
  EXPECT_THAT(idsOf(asked.tasks({.cause = "threw"}, "", 9)->tasks), UnorderedElementsAre("bad", "warned"));
}

TEST_P(QuestionsTest, AListLeavesOutAStoreThatIsDownAndNamesIt) {
  push("a", {}, "mail", kSecond);
  faults[kFirst].failUntilRepaired();
  auto asked = operations();
  const auto page = asked.tasks({.state = ListedState::Due}, "", 10);
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_THAT(idsOf(page->tasks), ElementsAre("a"));
  ASSERT_THAT(page->unable, SizeIs(1));
  EXPECT_THAT(page->unable[0].message(), HasSubstr("broker first"));
  faults[kSecond].failUntilRepaired();
  EXPECT_EQ(asked.tasks({.state = ListedState::Due}, "", 10).error().code(), ErrorCode::Unavailable);
}

TEST_P(QuestionsTest, AnUnknownBrokerIsAnErrorThatNamesTheNearestOne) {
  auto asked = operations();
  const auto page = asked.tasks({.broker = "secnd"}, "", 10);
  EXPECT_EQ(page.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(page.error().message(), "no broker is named 'secnd': did you mean 'second'?");
  EXPECT_THAT(asked.tasks({.broker = "xyz"}, "", 10).error().message(),
              HasSubstr("the configuration has first, second"));
}

TEST_P(QuestionsTest, WrongQuestionsAreInvalid) {
  auto asked = operations();
  const auto code = [&](const TaskSelection& selection, std::string_view cursor, std::size_t limit) {
    const auto page = asked.tasks(selection, cursor, limit);
    return page ? std::optional<ErrorCode>() : page.error().code();
  };
  EXPECT_EQ(code({}, "no cursor", 10), ErrorCode::Invalid);
  EXPECT_EQ(code({}, "", 0), ErrorCode::Invalid);
  EXPECT_EQ(code({}, "", 1'001), ErrorCode::Invalid);
  EXPECT_EQ(code({.idPrefix = "a\x1b[31m"}, "", 10), ErrorCode::Invalid);
  EXPECT_EQ(code({.since = Time(2s), .until = Time(1s)}, "", 10), ErrorCode::Invalid);
}

TEST_P(QuestionsTest, ATaskIsToldWithItsPlaceItsRecordAndItsAttempts) {
  push("t");
  buryDue("failed 3 times");
  saveRecord("t", ExitStatus::Error);
  auto asked = operations();
  const auto task = asked.task("t");
  ASSERT_TRUE(task) << task.error().message();
  EXPECT_EQ(task->queued->state, ListedState::Buried);
  EXPECT_EQ(task->record.at("id"), "t");
  ASSERT_THAT(task->attempts, SizeIs(1));
  EXPECT_EQ(task->attempts[0].cause, "threw");
  EXPECT_EQ(asked.task("u").error().code(), ErrorCode::NotFound);
}

TEST_P(QuestionsTest, AnIdWithControlCharactersIsInvalidAndItsMessageIsHarmless) {
  auto asked = operations();
  for (const auto& id : {std::string("a\nb"), std::string("\x1b[2J"), std::string()}) {
    EXPECT_EQ(asked.task(id).error().code(), ErrorCode::Invalid);
    EXPECT_EQ(asked.findByPrefix(id).error().code(), ErrorCode::Invalid);
    EXPECT_EQ(asked.task(id).error().message().find_first_of("\n\x1b"), std::string::npos);
  }
}

TEST_P(QuestionsTest, HalfAnIdThatFitsOneTaskIsItsId) {
  push("order-17");
  push("order-2");
  saveRecord("old-1", ExitStatus::Error);
  auto asked = operations();
  EXPECT_EQ(*asked.findByPrefix("order-1"), "order-17");
  EXPECT_EQ(*asked.findByPrefix("old"), "old-1");
  EXPECT_EQ(asked.findByPrefix("x").error().code(), ErrorCode::NotFound);
}

TEST_P(QuestionsTest, HalfAnIdIsNoIdWhileAStoreThatMayHaveTheTaskIsDown) {
  push("order-17");
  push("order-2", {}, "mail", kSecond);
  auto asked = operations();
  faults[kSecond].failUntilRepaired();
  EXPECT_EQ(asked.findByPrefix("order-").error().code(), ErrorCode::Unavailable) << "order-2 may be meant";
  EXPECT_EQ(*asked.findByPrefix("order-17"), "order-17") << "it is the whole id";
  faults[kSecond].repair();
  EXPECT_EQ(asked.findByPrefix("order-").error().code(), ErrorCode::Invalid);
}

TEST_P(QuestionsTest, HalfAnIdThatFitsSeveralTasksIsAnErrorThatListsSome) {
  pushMany("order-", 7);
  push("order-10000x", 1h);
  auto asked = operations();
  const auto several = asked.findByPrefix("order-");
  EXPECT_EQ(several.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(several.error().message(), HasSubstr("'order-' fits more than five tasks: order-1000"));
  EXPECT_THAT(several.error().message(), HasSubstr("give more of the id"));
  EXPECT_EQ(*asked.findByPrefix("order-10000"), "order-10000") << "a whole id is one, whatever else begins with it";
}

TEST_P(QuestionsTest, HalfAnIdForAnActionFitsOnlyTasksToWhichItApplies) {
  push("rep-x");
  saveRecord("report-1", ExitStatus::Success);
  auto asked = operations();
  EXPECT_EQ(asked.findByPrefix("rep").error().code(), ErrorCode::Invalid);
  EXPECT_EQ(*asked.findByPrefix("rep", TaskAction::Kind::Cancel), "rep-x");
  EXPECT_EQ(*asked.findByPrefix("rep", TaskAction::Kind::Again), "report-1");
  EXPECT_EQ(*asked.findByPrefix("repo", TaskAction::Kind::Cancel), "report-1") << "no other task fits";
}

TEST_P(QuestionsTest, ACauseMayBeTheOutcomeOfARunThatEndedByItself) {
  saveRecord("fine", ExitStatus::Success);
  saveRecord("odd", ExitStatus::Warning, "mail", 1s, "finished");
  saveRecord("wrong", ExitStatus::Error, "mail", 1s, "finished");
  saveRecord("threw", ExitStatus::Error);
  auto asked = operations();
  const auto ids = [&](const std::string& cause) {
    std::vector<std::string> found;
    const auto page = asked.records({.cause = cause}, "", 10);
    for (const auto& record : page->records) found.push_back(record.at("id"));
    EXPECT_EQ(idsOf(asked.tasks({.cause = cause}, "", 10)->tasks), found);
    return found;
  };
  EXPECT_THAT(ids("error"), ElementsAre("wrong"));
  EXPECT_THAT(ids("success"), ElementsAre("fine"));
  EXPECT_THAT(ids("warning"), ElementsAre("odd"));
  EXPECT_THAT(ids("finished"), UnorderedElementsAre("fine", "odd", "wrong"));
}

TEST_P(QuestionsTest, ACancelledTaskIsNotAFailedOne) {
  saveRecord("failed", ExitStatus::Error);
  saveRecord("gone", ExitStatus::Unknown, "mail", 0s, "cancelled");
  auto asked = operations();
  EXPECT_THAT(idsOf(asked.tasks({.state = ListedState::Failed}, "", 10)->tasks), ElementsAre("failed"));
  EXPECT_THAT(idsOf(asked.tasks({.state = ListedState::Cancelled}, "", 10)->tasks), ElementsAre("gone"));
  EXPECT_EQ(asked.tasks({}, "", 10)->tasks.at(0).state, ListedState::Cancelled);
  const auto names = asked.names();
  EXPECT_EQ(names->names.at(0).failed, 1u);
  EXPECT_EQ(names->names.at(0).cancelled, 1u);
}

TEST_P(QuestionsTest, RecordsAreListedPageAfterPage) {
  for (const auto* id : {"a", "b", "c"}) saveRecord(id, ExitStatus::Error);
  auto asked = operations();
  const auto first = asked.records({}, "", 2);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->records.at(0).at("id"), "c");
  const auto second = asked.records({}, first->cursor, 2);
  ASSERT_THAT(second->records, SizeIs(1));
  EXPECT_EQ(second->records[0].at("id"), "a");
  EXPECT_EQ(second->cursor, "");
}

TEST_P(QuestionsTest, NamesHaveTheirRunsFailuresAndTimes) {
  for (int i = 0; i < 9; ++i) saveRecord("a" + std::to_string(i), ExitStatus::Success, "mail", 1s * (i + 1));
  saveRecord("b", ExitStatus::Error, "mail", 100s);
  saveRecord("c", ExitStatus::Error, "report");
  auto asked = operations();
  ASSERT_TRUE(asked.pause("", "idle"));
  const auto view = asked.names();
  ASSERT_TRUE(view) << view.error().message();
  ASSERT_THAT(view->names, SizeIs(3));
  EXPECT_EQ(view->names[0].name, "idle");
  EXPECT_TRUE(view->names[0].isPaused);
  const auto& mail = view->names[1];
  EXPECT_EQ(mail.runs, 10u);
  EXPECT_EQ(mail.failed, 1u);
  EXPECT_EQ(mail.median, 6s);
  EXPECT_EQ(mail.worst, 100s);
  EXPECT_TRUE(view->readsAll);
  const auto few = asked.names(4);
  EXPECT_EQ(few->records, 4u);
  EXPECT_FALSE(few->readsAll);
}

}  // namespace
}  // namespace leptir::operations
