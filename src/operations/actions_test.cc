// Operations: actions on tasks.
#include "operations/operations_fixture.h"

#include <thread>

#include "operations/bulk_checkpoint.h"
#include "operations/slice_changer.h"

namespace leptir::operations {
namespace {

using ActionsTest = OperationsTest;
INSTANTIATE_TEST_SUITE_P(Stores, ActionsTest, ::testing::Values("memory", "sqlite"));

using Kind = TaskAction::Kind;
using testing::StoreCall;

const TaskAction kCancel{.kind = Kind::Cancel};

TEST_P(ActionsTest, ReviveOfASelectionRevivesWhatMatchesInSlices) {
  pushMany("a", 2'500);
  buryDue("boom");
  push("b");
  buryDue("other");
  auto asked = operations();
  std::vector<std::uint64_t> progress;
  const auto report = asked.run({.kind = Kind::Revive}, {.selection = {.reasonContains = "oom"}},
                                [&](const ActionProgress& so) { return progress.push_back(so.changed), true; });
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->changed, 2'500u);
  EXPECT_TRUE(report->isComplete());
  EXPECT_THAT(progress, ::testing::IsSupersetOf({1'000u, 2'000u, 2'500u}));
  EXPECT_EQ(counts(), (TaskCounts{.due = 2'500, .buried = 1}));
}

TEST_P(ActionsTest, AFilterThatMatchesNothingChangesNothingAndIsInNoAuditTrail) {
  push("a");
  auto asked = operations();
  const auto preview = asked.preview({.kind = Kind::Cancel}, {.selection = {.name = "nothing"}});
  EXPECT_EQ(preview->count, 0u);
  const auto report = asked.run({.kind = Kind::Cancel}, {.selection = {.name = "nothing"}});
  EXPECT_EQ(report->changed, 0u);
  EXPECT_TRUE(report->isComplete());
  EXPECT_THAT(asked.auditTrail(10)->actions, IsEmpty());
  EXPECT_EQ(counts().due, 1u);
}

TEST_P(ActionsTest, APreviewCountsAndShowsTheFirstTenAndChangesNothing) {
  pushMany("a", 1'234, 1h);
  push("b");
  auto asked = operations();
  const auto all = asked.preview({.kind = Kind::RunNow}, {});
  EXPECT_EQ(all->count, 1'234u);
  EXPECT_TRUE(all->isExact);
  ASSERT_THAT(all->first, SizeIs(10));
  EXPECT_EQ(all->first[0].id, "a10000");
  EXPECT_EQ(asked.preview({.kind = Kind::RunNow}, {.selection = {.idPrefix = "a1"}})->count, 1'234u);
  const auto some = asked.preview({.kind = Kind::RunNow}, {.selection = {.idPrefix = "a1"}}, 1'000);
  EXPECT_EQ(some->count, 1'000u);
  EXPECT_FALSE(some->isExact);
  EXPECT_EQ(counts().scheduled, 1'234u);
}

TEST_P(ActionsTest, CancelOfWaitingTasksRemovesThemAndRecordsWhoDidIt) {
  pushMany("a", 3, 1h);
  push("b", {}, "report");
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Cancel}, {.selection = {.name = "mail"}});
  EXPECT_EQ(report->changed, 3u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1}));
  const auto record = records().loadMetaInfoById("a10002");
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(record->at("cause"), "cancelled");
  EXPECT_EQ(record->at("cancelledBy"), "ann@here");
}

TEST_P(ActionsTest, CancelOfARunningTaskAsksItsInstance) {
  push("a");
  const auto leased = lease();
  ASSERT_THAT(leased, SizeIs(1));
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Cancel}, {.ids = {"a"}});
  EXPECT_EQ(report->changed, 1u);
  EXPECT_EQ(report->requested, 1u);
  EXPECT_EQ(counts().leased, 1u) << "it runs until its instance has ended it";
}

TEST_P(ActionsTest, RunNowMakesScheduledTasksDue) {
  push("a", 1h);
  push("b", 2h);
  auto asked = operations();
  EXPECT_EQ(asked.run({.kind = Kind::RunNow}, {.ids = {"a"}})->changed, 1u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 1, .scheduled = 1}));
  EXPECT_EQ(asked.run({.kind = Kind::RunNow}, {})->changed, 1u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 2}));
}

TEST_P(ActionsTest, RescheduleMovesEachTaskOnceAlsoOnesThatItMovesAheadOfItself) {
  pushMany("a", 1'500, 1h);
  pushMany("b", 20);
  const auto due = std::chrono::floor<std::chrono::seconds>(systemClock().now() + 5h);
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Reschedule, .due = due}, {});
  EXPECT_EQ(report->changed, 1'520u);
  EXPECT_EQ(counts(), (TaskCounts{.scheduled = 1'520}));
  EXPECT_EQ(store().keeper().find("a10700")->due, due);
  EXPECT_EQ(asked.run({.kind = Kind::Reschedule, .due = due}, {})->changed, 0u) << "they are due then already";
}

TEST_P(ActionsTest, RemoveLeavesLeasedTasksAloneAndWritesNoRecord) {
  push("leased");
  lease();
  push("waits", 1h);
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Remove}, {});
  EXPECT_EQ(report->changed, 1u);
  EXPECT_EQ(counts(), (TaskCounts{.leased = 1}));
  EXPECT_FALSE(records().loadMetaInfoById("waits"));
}

TEST_P(ActionsTest, IdsThatTheActionDoesNotApplyToAreLeftAloneWithAReason) {
  push("due");
  push("buried", -1s);
  buryDue("boom");
  push("due");
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Revive}, {.ids = {"buried", "buried", "nowhere", "due"}});
  EXPECT_EQ(report->changed, 2u) << "both were buried";
  ASSERT_THAT(report->leftAlone, SizeIs(1));
  EXPECT_EQ(report->leftAlone[0].id, "nowhere");
  EXPECT_EQ(report->leftAlone[0].why, "it is in no queue");
  const auto again = asked.run({.kind = Kind::Revive}, {.ids = {"due"}});
  ASSERT_THAT(again->leftAlone, SizeIs(1));
  EXPECT_EQ(again->leftAlone[0].why, "it is due");
}

TEST_P(ActionsTest, AnIdWithControlCharactersIsRefusedBeforeAnythingIsDone) {
  push("a");
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::Cancel}, {.ids = {"a", "b\x07"}});
  EXPECT_EQ(report.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(counts().due, 1u);
}

TEST_P(ActionsTest, TasksAreFoundInWhicheverQueueTheyAre) {
  push("a", 1h);
  push("b", 1h, "mail", kSecond);
  auto asked = operations();
  EXPECT_EQ(asked.run({.kind = Kind::RunNow}, {.ids = {"a", "b"}})->changed, 2u);
  EXPECT_EQ(counts(kFirst).due + counts(kSecond).due, 2u);
}

TEST_P(ActionsTest, AnActionOnIdsEndsBetweenTwoSlicesWhenItsOperatorAsks) {
  std::vector<std::string> ids;
  for (int i = 0; i < 1'500; ++i) ids.push_back("a" + std::to_string(10'000 + i));
  pushMany("a", 1'500, 1h);
  bool hasChanged = false;
  const auto report = operations().run({.kind = Kind::RunNow}, {.ids = ids}, [&](const ActionProgress& progress) {
    hasChanged = progress.changed > 0;
    return !hasChanged;
  });
  EXPECT_TRUE(report->stopped);
  EXPECT_TRUE(hasChanged);
  EXPECT_EQ(report->changed, kMaxTasksPerSlice);
  EXPECT_EQ(counts().due, kMaxTasksPerSlice);
  EXPECT_EQ(operations().auditTrail(1)->actions.at(0).outcome, "stopped by its operator");
}

TEST_P(ActionsTest, ASearchForIdsThatIsEndedChangesNothing) {
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) ids.push_back("a" + std::to_string(10'000 + i));
  pushMany("a", 300, 1h);
  std::uint64_t examined = 0;
  const auto report = operations().run({.kind = Kind::Remove}, {.ids = ids}, [&](const ActionProgress& progress) {
    examined = progress.examined;
    return examined < 3;
  });
  EXPECT_TRUE(report->stopped);
  EXPECT_EQ(report->changed, 0u);
  EXPECT_EQ(examined, 3u) << "it ends after the id at which it was asked to";
  EXPECT_EQ(counts().scheduled, 300u);
}

TEST_P(ActionsTest, AStoreThatFailsInTheMiddleEndsTheActionThereWhichSaysHowFarItCameAndGoesOnWhenCalledAgain) {
  pushMany("a", 2'500);
  buryDue("boom");
  auto asked = operations();
  int slices = 0;
  const auto report = asked.run({.kind = Kind::Revive}, {}, [&](const ActionProgress& progress) {
    if (progress.changed > 0 && ++slices == 1) faults[kFirst].failNext(StoreCall::Revive);
    return true;
  });
  ASSERT_TRUE(report);
  EXPECT_EQ(report->changed, 1'000u);
  ASSERT_THAT(report->errors, SizeIs(1));
  EXPECT_EQ(report->errors[0].code(), ErrorCode::Unavailable);
  EXPECT_THAT(report->errors[0].message(), HasSubstr("after 1000 tasks; the same call again goes on"));
  EXPECT_EQ(counts(), (TaskCounts{.due = 1'000, .buried = 1'500}));
  EXPECT_EQ(asked.run({.kind = Kind::Revive}, {})->changed, 1'500u);
  EXPECT_EQ(counts(), (TaskCounts{.due = 2'500}));
}

TEST_P(ActionsTest, ARescheduleThatFailedGoesOnWhereItStopped) {
  pushMany("a", 2'500, 1h);
  const TaskAction action{.kind = Kind::Reschedule,
                          .due = std::chrono::floor<std::chrono::seconds>(systemClock().now() + 5h)};
  auto asked = operations();
  const auto stopped = asked.run(action, {}, [](const ActionProgress& progress) { return progress.changed < 1'000; });
  EXPECT_TRUE(stopped->stopped);
  EXPECT_EQ(stopped->changed, 1'000u);
  EXPECT_FALSE(stopped->continues);
  auto other = operations("bob@there");
  const auto rest = other.run(action, {});
  EXPECT_TRUE(rest->continues) << "the checkpoint stands in the store, so another process goes on";
  EXPECT_EQ(rest->changed, 1'500u);
  EXPECT_FALSE(other.run(action, {})->continues) << "the action is over";
}

TEST_P(ActionsTest, APlaceThatCannotBeReadCountsAsNone) {
  auto asked = operations();
  const TaskTargets all{.selection = {.broker = "first"}};
  const TaskAction action{.kind = Kind::Reschedule,
                          .due = std::chrono::floor<std::chrono::seconds>(systemClock().now() + 5h)};
  for (const auto* text :
       {"no JSON", "[]", R"({"state":5})", R"({"state":"scheduled","cursor":"","changed":"1","begun":1})",
        R"({"state":"scheduled","cursor":"","changed":1,"begun":"today"})",
        R"({"state":"scheduled","cursor":7,"changed":1,"begun":1})"}) {
    pushMany("a", 1'500, 1h);
    ASSERT_TRUE(asked.run(action, all, [](const ActionProgress&) { return false; })->stopped);
    const auto kept = store().fleet()->list("bulk/", "", 10);
    ASSERT_THAT(*kept, SizeIs(1));
    ASSERT_TRUE(store().fleet()->put(kept->front().key, text, {}));
    const auto rest = asked.run(action, all);
    EXPECT_FALSE(rest->continues) << text;
    EXPECT_EQ(rest->changed, 500u) << text;
    ASSERT_EQ(asked.run({.kind = Kind::Remove}, all)->changed, 1'500u);
  }
}

TEST_P(ActionsTest, TwoOperatorsAtOnceChangeEachTaskOnceAndTogetherCountItOnce) {
  pushMany("a", 3'000);
  buryDue("boom");
  std::uint64_t changed[2] = {};
  {
    std::vector<std::jthread> operators;
    for (auto& count : changed)
      operators.emplace_back([this, &count] {
        auto asked = operations();
        const auto report = asked.run({.kind = Kind::Revive}, {});
        if (report && report->isComplete()) count = report->changed;
      });
  }
  EXPECT_EQ(changed[0] + changed[1], 3'000u) << changed[0] << " and " << changed[1];
  EXPECT_EQ(counts(), (TaskCounts{.due = 3'000}));
}

TEST_P(ActionsTest, EachActionIsInTheAuditTrailOfItsStoreTheNewestFirst) {
  pushMany("a", 5, 1h);
  auto asked = operations();
  ASSERT_TRUE(asked.run({.kind = Kind::RunNow}, {.ids = {"a10001"}}));
  ASSERT_TRUE(asked.run({.kind = Kind::Cancel}, {.selection = {.name = "mail"}}));
  const auto trail = asked.auditTrail(10);
  ASSERT_TRUE(trail) << trail.error().message();
  ASSERT_THAT(trail->actions, SizeIs(2));
  EXPECT_EQ(trail->actions[0].action, "cancel");
  EXPECT_EQ(trail->actions[0].on, "name mail");
  EXPECT_EQ(trail->actions[0].changed, 5u);
  EXPECT_EQ(trail->actions[0].by, "ann@here");
  EXPECT_EQ(trail->actions[1].action, "run-now");
  EXPECT_EQ(trail->actions[1].on, "a10001");
  EXPECT_EQ(asked.auditTrail(1)->actions.size(), 1u);
}

TEST_P(ActionsTest, AnActionStandsInTheAuditTrailBeforeItsFirstChangeAndOnceAfterItsEnd) {
  pushMany("a", 2'500, 1h);
  auto asked = operations(), another = operations();
  std::vector<AuditedAction> seen;
  const auto report = asked.run({.kind = Kind::RunNow}, {.selection = {.name = "mail"}}, [&](const ActionProgress&) {
    if (seen.empty()) seen = another.auditTrail(10)->actions;
    return true;
  });
  ASSERT_TRUE(report);
  ASSERT_THAT(seen, SizeIs(1)) << "what a process that is killed now leaves behind";
  EXPECT_EQ(seen[0].outcome, "begun; its end is not recorded");
  const auto trail = asked.auditTrail(10)->actions;
  ASSERT_THAT(trail, SizeIs(1));
  EXPECT_EQ(trail[0].changed, 2'500u);
  EXPECT_EQ(trail[0].outcome, "");
}

TEST_P(ActionsTest, AnActionOnIdsStandsInTheAuditTrailBeforeItsFirstChangeAndOnceAfterItsEnd) {
  std::vector<std::string> ids;
  for (int i = 0; i < 1'500; ++i) ids.push_back("a" + std::to_string(10'000 + i));
  pushMany("a", 1'500, 1h);
  auto asked = operations(), another = operations();
  std::vector<AuditedAction> seen;
  const auto report = asked.run({.kind = Kind::RunNow}, {.ids = ids}, [&](const ActionProgress& progress) {
    if (seen.empty() && progress.changed > 0) seen = another.auditTrail(10)->actions;
    return true;
  });
  ASSERT_TRUE(report);
  ASSERT_THAT(seen, SizeIs(1)) << "what a process that is killed now leaves behind";
  EXPECT_EQ(seen[0].outcome, "begun; its end is not recorded");
  const auto trail = asked.auditTrail(10)->actions;
  ASSERT_THAT(trail, SizeIs(1));
  EXPECT_EQ(trail[0].changed, 1'500u);
  EXPECT_EQ(trail[0].outcome, "");
}

TEST_P(ActionsTest, AnActionWhoseEndCannotBeWrittenIntoTheAuditTrailSaysThatItsEndIsMissing) {
  pushMany("a", 3, 1h);
  auto asked = operations();
  const auto report = asked.run({.kind = Kind::RunNow}, {.selection = {.broker = "first"}}, [&](const ActionProgress&) {
    faults[kFirst].failNext(StoreCall::FleetPut);
    return true;
  });
  ASSERT_THAT(report->errors, SizeIs(1));
  EXPECT_THAT(report->errors[0].message(), HasSubstr("the end of the action is not in the audit trail"));
  EXPECT_EQ(asked.auditTrail(1)->actions.at(0).outcome, "begun; its end is not recorded");
}

TEST_P(ActionsTest, AnActionThatCannotBeWrittenIntoTheAuditTrailChangesNothingAndSaysSoOnce) {
  pushMany("a", 3, 1h);
  faults[kFirst].failNext(StoreCall::FleetPut, 10);
  const auto report = operations().run({.kind = Kind::RunNow}, {.selection = {.broker = "first"}});
  ASSERT_THAT(report->errors, SizeIs(1));
  EXPECT_THAT(report->errors[0].message(), HasSubstr("nothing was changed, since the audit trail cannot be written"));
  EXPECT_EQ(counts().scheduled, 3u);
}

TEST_P(ActionsTest, APreviewThatAStoreDidNotAnswerIsNotExact) {
  push("a", 1h);
  push("b", 1h, "mail", kSecond);
  faults[kSecond].failUntilRepaired();
  const auto preview = operations().preview({.kind = Kind::Cancel}, {});
  EXPECT_EQ(preview->count, 1u);
  EXPECT_FALSE(preview->isExact);
  EXPECT_THAT(preview->unable, SizeIs(1));
  const auto ofId = operations().preview({.kind = Kind::Cancel}, {.ids = {"a", "b"}});
  EXPECT_FALSE(ofId->isExact);
}

TEST_P(ActionsTest, ACancelWhoseAnswerWasLostIsHarmlessWhenRepeated) {
  push("a", -1s);
  push("b", -1s);
  auto asked = operations();
  faults[kFirst].loseNextAnswer(StoreCall::RemoveMany);
  const auto lost = asked.run({.kind = Kind::Cancel}, {.ids = {"a", "b"}});
  EXPECT_FALSE(lost->isComplete()) << "the answer was lost";
  const auto repeated = asked.run({.kind = Kind::Cancel}, {.ids = {"a", "b"}});
  EXPECT_THAT(repeated->leftAlone, SizeIs(2));
  EXPECT_EQ(counts(), TaskCounts());
}

TEST_P(ActionsTest, ATaskThatEndsWhileItIsCancelledKeepsItsOwnRecord) {
  push("cancelled", -1s);
  push("ends", -1s);
  auto all = stores();
  const auto listed = store().keeper().list({}, "", 10);
  ASSERT_THAT(listed->tasks, SizeIs(2));
  ASSERT_TRUE(store().keeper().remove("ends"));
  saveRecord("ends", ExitStatus::Success);
  SliceResult done;
  ASSERT_TRUE(SliceChanger(all, kFirst, kCancel).change(listed->tasks, done));
  EXPECT_EQ(done.changed, 1u);
  EXPECT_EQ(records().loadMetaInfoById("ends")->at("cause"), "finished");
  EXPECT_EQ(records().loadMetaInfoById("cancelled")->at("cause"), "cancelled");
}

TEST_P(ActionsTest, ATaskThatIsLeasedWhileItIsCancelledIsEndedByItsInstance) {
  push("a", -1s);
  auto all = stores();
  const auto listed = store().keeper().list({}, "", 10);
  lease();
  SliceResult done;
  ASSERT_TRUE(SliceChanger(all, kFirst, kCancel).change(listed->tasks, done));
  EXPECT_EQ(done.requested, 1u);
  EXPECT_EQ(counts().leased, 1u);
}

}  // namespace
}  // namespace leptir::operations
