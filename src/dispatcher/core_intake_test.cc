// Leased tasks that the core does not assign: malformed bytes, unknown names, sessions that expired too often.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(CoreTest, BuriesMalformedBytesAsTheyCameWithTheReason) {
  step(event::Leased{0, 1, {{"not an envelope", {}, {5, "x"}}}, true});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  ASSERT_EQ(last.batchesToSettle[0]->bury.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->bury[0].envelope, "not an envelope");
  EXPECT_NE(last.batchesToSettle[0]->bury[0].reason.find("malformed"), std::string::npos);
  EXPECT_TRUE(last.assignments.empty());
}

TEST_F(CoreTest, SavesTheRecordOfMalformedBytesBeforeTheyAreBuriedIfTheirIdCanBeRead) {
  step(event::Leased{0, 1, {{R"({"cn":7, "td":{"id":"a"}})", {}, {5, "x"}}}, true});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_TRUE(last.batchesToSettle.empty());
  EXPECT_EQ(last.batchesToSave[0]->records.at(0).id, "a");
  EXPECT_EQ(last.batchesToSave[0]->records.at(0).cause, "malformed");
  EXPECT_EQ(last.batchesToSave[0]->failed, 1u);
  EXPECT_EQ(step(event::RecordsSaved{last.batchesToSave[0]->id}).batchesToSettle.size(), 1u);
}

TEST_F(CoreTest, WhereTheStoreKeepsNoBuriedTasksTheRecordOfBytesWithoutAnIdHasOneOfItsOwn) {
  step(event::BrokerOpened{.broker = 0, .epoch = 1, .keepsBuried = false});
  step(event::Leased{0, 1, {{"not an envelope", {}, {5, "x"}}, {"not an envelope", {}, {5, "y"}}}, true});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  const auto& records = last.batchesToSave[0]->records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_TRUE(records[0].id.starts_with("without-id-5-")) << records[0].id;
  EXPECT_NE(records[0].id, records[1].id);
  EXPECT_EQ(records[0].envelope, "not an envelope");
  EXPECT_TRUE(last.batchesToSettle.empty()) << "the record is saved first";
}

TEST_F(CoreTest, BuriesATaskWhoseSessionExpiredTooOftenInsteadOfRunningItAndSavesItsRecordFirst) {
  const Counters counters{.expiries = kMaxExpiries};
  for (const auto* name : {"noop", "stranger"}) {
    step(event::Leased{0, 1, {{envelopeOf("a", name), counters, {5, "x"}}}, true});
    EXPECT_TRUE(last.assignments.empty());
    ASSERT_EQ(last.batchesToSave.size(), 1u) << name;
    EXPECT_TRUE(last.batchesToSettle.empty());
    const auto batch = last.batchesToSave[0];
    EXPECT_EQ(batch->records.at(0).cause, "session_expired");
    EXPECT_EQ(batch->bury.at(0).reason, "its session expired 10 times");
    EXPECT_EQ(batch->bury[0].counters, counters);
    EXPECT_EQ(batch->failed, 1u);
    EXPECT_EQ(step(event::RecordsSaved{batch->id}).batchesToSettle.size(), 1u);
    step(event::BatchSettled{batch->id});
  }
}

TEST_F(CoreTest, RunsATaskWhoseSessionExpiredLessOften) {
  step(event::Leased{0, 1, {{envelopeOf("a"), {.expiries = kMaxExpiries - 1}, {5, "x"}}}, true});
  EXPECT_EQ(last.assignments.size(), 1u);
}

TEST_F(CoreTest, LeavesATaskOfAnUnknownNameToOthersInItsOldPositionLongerEachTime) {
  const auto released = [this] {
    step(event::Leased{0, 1, {{envelopeOf("a", "stranger"), {}, {5, "x"}}}, true});
    const auto back = last.batchesToSettle.at(0)->release.at(0);
    step(event::BatchSettled{last.batchesToSettle.at(0)->id});
    return back;
  };
  const auto first = released();
  EXPECT_EQ(first.counters.unknown, 1u);
  EXPECT_EQ(first.due, std::nullopt);
  EXPECT_EQ(first.leftToOthersUntil, now.wall + 30s);
  EXPECT_EQ(released().leftToOthersUntil, now.wall + 60s) << "the dispatcher remembers the count, not the envelope";
  passTime(60s);
  EXPECT_EQ(released().leftToOthersUntil, now.wall + 120s);
}

TEST_F(CoreTest, BuriesATaskOfAnUnknownNameThatHasWaitedForADay) {
  for (int times = 0; times < 1000; ++times) {
    step(event::Leased{0, 1, {{envelopeOf("a", "stranger"), {}, {5, "x"}}}, true});
    const auto batch = last.batchesToSettle.empty() ? last.batchesToSave.at(0) : last.batchesToSettle.at(0);
    if (!batch->bury.empty()) {
      EXPECT_EQ(batch->bury[0].reason, "for a day, no program that leased it had a task named 'stranger'");
      return;
    }
    passTime(*batch->release.at(0).leftToOthersUntil - now.wall);
    step(event::BatchSettled{batch->id});
  }
  FAIL() << "it was never buried";
}

TEST_F(CoreTest, ATaskWhoseTimeLimitIsLongerThanALeaseCanLastIsBuriedWithARecord) {
  step(event::BrokerOpened{.broker = 0, .epoch = 1, .longestTimeLimit = 1h});
  event::Leased leased{0, 1, {}, true};
  for (const std::int64_t limit : {3600, 3601}) {
    BrokerTask task{.id = std::to_string(limit), .name = "noop", .timeLimitSeconds = limit};
    leased.tasks.push_back({task::encodeEnvelope(task), {}, leaseOf(task.id)});
  }
  step(std::move(leased));
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(core->slots().taskIn(last.assignments[0].cell)->lease, leaseOf("3600"));
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  const auto& record = last.batchesToSave[0]->records.at(0);
  EXPECT_EQ(record.id, "3601");
  EXPECT_EQ(record.cause, "timed_out");
  EXPECT_NE(record.response.find("It was not run"), std::string::npos) << record.response;
}

}  // namespace
}  // namespace leptir::dispatcher
