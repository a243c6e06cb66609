// Tests of the checker itself: it finds each kind of broken promise in made-up evidence, and accepts correct evidence.
#include "tests/chaos/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace leptir::chaos {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Correct evidence, which the tests vary: task `a` was pushed, run once under lease 1 by process 11, ended and
// recorded.
Evidence good() {
  Evidence evidence;
  evidence.pushes = {{"a"}, {"a"}};
  evidence.ledger = {{Mark::Start, "a", 1, 1, 11, 100}, {Mark::End, "a", 1, 1, 11, 200}};
  evidence.records["a"] = {1, true, true, "finished"};
  return evidence;
}

// Process 11 was killed at 150, and lease 2 ran the task again in process 12.
Evidence killedAndRunAgain() {
  auto evidence = good();
  evidence.ledger = {
      {Mark::Start, "a", 1, 1, 11, 100}, {Mark::Start, "a", 2, 1, 12, 160}, {Mark::End, "a", 2, 1, 12, 170}};
  evidence.lastSeenAlive[11] = 150;
  evidence.records["a"].lease = 2;
  return evidence;
}

TEST(Checker, FindsNothingInAGoodLedger) {
  const auto found = check(good());
  EXPECT_TRUE(found.clean()) << found.describe();
  EXPECT_EQ(found.tasks, 1u);
  EXPECT_EQ(found.duplicates, 0u);
}

TEST(Checker, CountsARunAfterADeathAsADuplicateAndNothingElse) {
  const auto found = check(killedAndRunAgain());
  EXPECT_TRUE(found.clean()) << found.describe();
  EXPECT_EQ(found.duplicates, 1u);
  ASSERT_EQ(recoveriesOf(killedAndRunAgain()).size(), 1u);
  EXPECT_DOUBLE_EQ(recoveriesOf(killedAndRunAgain())[0], 10 / 1e6);
}

TEST(Checker, ATaskThatWaitsInTheStoreIsNotLost) {
  auto evidence = good();
  evidence.ledger.clear();
  evidence.records.clear();
  evidence.store["a"] = TaskState::Due;
  EXPECT_TRUE(check(evidence).clean());
}

TEST(Checker, ATaskWhoseRecordSaysWhyItFailedIsNotLost) {
  auto evidence = good();
  evidence.ledger.pop_back();
  evidence.lastSeenAlive[11] = 150;
  evidence.records["a"] = {1, true, false, "timed_out"};
  EXPECT_TRUE(check(evidence).clean()) << check(evidence).describe();
}

TEST(Checker, APushedTaskThatNeverRanIsLost) {
  auto evidence = good();
  evidence.ledger.clear();
  evidence.records.clear();
  EXPECT_THAT(check(evidence).lost, ElementsAre("a"));
}

TEST(Checker, ATaskThatBeganAndNeverEndedIsLost) {
  auto evidence = good();
  evidence.ledger.pop_back();
  evidence.records.clear();
  evidence.lastSeenAlive[11] = 150;
  EXPECT_THAT(check(evidence).lost, ElementsAre("a"));
}

TEST(Checker, ARunOfATaskThatWasNeverPushedIsAPhantom) {
  auto evidence = good();
  evidence.ledger.push_back({Mark::Start, "b", 7, 1, 11, 300});
  EXPECT_THAT(check(evidence).phantom, ElementsAre("b"));
}

TEST(Checker, AnEndWithoutABeginningIsAPhantom) {
  auto evidence = good();
  evidence.ledger.erase(evidence.ledger.begin());
  EXPECT_THAT(check(evidence).phantom, ElementsAre(HasSubstr("without a beginning")));
}

TEST(Checker, TwoRunsAtOnceOverlap) {
  auto evidence = good();
  evidence.ledger.push_back({Mark::Start, "a", 2, 1, 12, 150});
  evidence.ledger.push_back({Mark::End, "a", 2, 1, 12, 250});
  evidence.records["a"].lease = 2;
  EXPECT_THAT(check(evidence).overlap, ElementsAre("a"));
}

TEST(Checker, ARunWithoutAnEndLastsAsLongAsItsProcess) {
  auto evidence = killedAndRunAgain();
  evidence.lastSeenAlive[11] = 165;
  EXPECT_THAT(check(evidence).overlap, ElementsAre("a"));
  evidence.lastSeenAlive.erase(11);  // process 11 still lives
  EXPECT_THAT(check(evidence).overlap, ElementsAre("a"));
}

// Process 11 stood still from 120 to 300 and died at `death`; lease 2 ran the task meanwhile.
Evidence runAgainDuringAStandstill(std::int64_t death) {
  auto evidence = killedAndRunAgain();
  evidence.standstills[11] = {120, 300};
  evidence.lastSeenAlive[11] = death;
  return evidence;
}

TEST(Checker, ARunWhoseProcessStoodStillDoesNotOverlap) {
  const auto found = check(runAgainDuringAStandstill(310));
  EXPECT_TRUE(found.clean()) << found.describe();
  EXPECT_EQ(found.duplicates, 1u);
  EXPECT_TRUE(recoveriesOf(runAgainDuringAStandstill(310)).empty());
}

TEST(Checker, ARunThatGoesOnAfterItsStandstillOverlaps) {
  auto evidence = runAgainDuringAStandstill(2'000'000'000);
  evidence.ledger.back().bootNs = 1'000'000'000;
  EXPECT_THAT(check(evidence).overlap, ElementsAre("a"));
}

TEST(Checker, ARunThatWasBegunBeforeTheStandstillOfTheOtherOverlaps) {
  auto evidence = runAgainDuringAStandstill(310);
  evidence.standstills[11].from = 165;
  EXPECT_THAT(check(evidence).overlap, ElementsAre("a"));
}

TEST(Checker, AnOlderLeaseThatHasTheLastWordIsStale) {
  auto evidence = killedAndRunAgain();
  evidence.records["a"] = {1, true, false, "error"};
  EXPECT_THAT(check(evidence).stale, ElementsAre(HasSubstr("last word")));
}

TEST(Checker, AnOlderLeaseThatRunsAfterANewerOneIsStale) {
  auto evidence = killedAndRunAgain();
  evidence.ledger[0].lease = 3;
  EXPECT_THAT(check(evidence).stale, Contains(HasSubstr("after a newer one")));
}

TEST(Checker, OneLeaseThatRunsTwiceIsStale) {
  auto evidence = killedAndRunAgain();
  evidence.ledger[0].lease = 2;
  EXPECT_THAT(check(evidence).stale, ElementsAre(HasSubstr("ran twice")));
}

TEST(Checker, AnEndWithoutARecordIsAMismatch) {
  auto evidence = good();
  evidence.records.clear();
  EXPECT_THAT(check(evidence).metaMismatch, ElementsAre(HasSubstr("no record")));
}

TEST(Checker, ASuccessWithoutARunIsAMismatch) {
  auto evidence = good();
  evidence.ledger.clear();
  EXPECT_THAT(check(evidence).metaMismatch, ElementsAre(HasSubstr("without a run")));
}

TEST(Checker, ASuccessOfARunThatDidNotEndIsAMismatch) {
  auto evidence = killedAndRunAgain();
  evidence.ledger.pop_back();
  EXPECT_THAT(check(evidence).metaMismatch, ElementsAre(HasSubstr("that run has no end")));
}

TEST(Checker, ARecordThatSaysRunningOfATaskThatIsGoneIsAMismatch) {
  auto evidence = good();
  evidence.records["a"] = {1, false, false, ""};
  EXPECT_THAT(check(evidence).metaMismatch, ElementsAre(HasSubstr("says that it runs")));
}

TEST(Checker, ProcessesThatAreLeftAndGrowthAreNamed) {
  auto evidence = good();
  evidence.orphans = {"4711 sleep"};
  evidence.growth = {{"master", 20, 21, 1000, 1000, 0}, {"dispatcher", 20, 20, 1000, 1200, 100}};
  const auto found = check(evidence);
  EXPECT_FALSE(found.clean());
  EXPECT_THAT(found.orphans, ElementsAre("4711 sleep"));
  EXPECT_THAT(found.growth, ElementsAre("master: descriptors 20 to 21", "dispatcher: memory 1000 to 1200 KiB"));
}

TEST(Ledger, ReadsWellFormedLinesAndReportsMalformedOnes) {
  TempDir folder;
  const auto file = folder / "ledger";
  ASSERT_TRUE(append(file, {Mark::Start, "a", 7, 3, 4, 500}));
  ASSERT_TRUE(append(file, {Mark::Child, "a", 7, 3, 5, 600}));
  std::ofstream(file, std::ios::app) << "start b 1 2\nend a 7 3 4 70";
  std::vector<std::string> broken;
  const auto lines = readLedger(file, &broken);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].mark, Mark::Child);
  EXPECT_EQ(lines[1].pid, 5);
  EXPECT_THAT(broken, ElementsAre("start b 1 2", "end a 7 3 4 70"));
}

TEST(PushLog, TellsSentFromAcknowledgedPushes) {
  TempDir folder;
  ASSERT_TRUE(appendPush(folder / "pushes", "sent", {"a", "b"}));
  ASSERT_TRUE(appendPush(folder / "pushes", "acknowledged", {"a"}));
  const auto log = readPushLog(folder / "pushes");
  EXPECT_EQ(log.sent.size(), 2u);
  EXPECT_THAT(log.acknowledged, ElementsAre("a"));
}

}  // namespace
}  // namespace leptir::chaos
