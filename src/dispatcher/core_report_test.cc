// Which errors the core reports to error reporters, and when.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

TEST_F(CoreTest, ReportsAnErrorOnceItsTaskIsSettledAndNotBefore) {
  options.reportsErrors = true;
  start();
  lease({"a", "b"});
  const auto cells = last.assignments;
  const auto batch = finish(cells.at(0).cell, ExitStatus::Error).batchesToSave.at(0);
  EXPECT_TRUE(last.errorReports.empty());
  EXPECT_TRUE(step(event::RecordsSaved{batch->id}).errorReports.empty());
  step(event::BatchSettled{batch->id});
  ASSERT_EQ(last.errorReports.size(), 1u);
  EXPECT_EQ(last.errorReports[0].id, "a");
  EXPECT_EQ(last.errorReports[0].broker, "broker");
  const auto good = finish(cells.at(1).cell).batchesToSave.at(0);
  step(event::RecordsSaved{good->id});
  EXPECT_TRUE(step(event::BatchSettled{good->id}).errorReports.empty());
}

TEST_F(CoreTest, ReportsBuriedBytesThatAreNoEnvelope) {
  options.reportsErrors = true;
  start();
  step(event::Leased{0, 1, {{"not an envelope", {}, {5, "x"}}}, true});
  step(event::BatchSettled{last.batchesToSettle.at(0)->id});
  ASSERT_EQ(last.errorReports.size(), 1u);
  EXPECT_EQ(last.errorReports[0].kind, report::ErrorKind::Malformed);
  EXPECT_EQ(last.errorReports[0].envelope, "not an envelope");
}

TEST_F(CoreTest, ReportsATaskOfAnUnknownNameOnceWhenItIsBuriedAfterADay) {
  options.reportsErrors = true;
  start();
  std::size_t reported = 0;
  for (int times = 0; times < 1000 && reported == 0; ++times) {
    step(event::Leased{0, 1, {{envelopeOf("a", "stranger"), {}, {5, "x"}}}, true});
    auto batch = last.batchesToSettle.empty() ? last.batchesToSave.at(0) : last.batchesToSettle.at(0);
    if (batch->bury.empty()) passTime(*batch->release.at(0).leftToOthersUntil - now.wall);
    if (!batch->records.empty()) step(event::RecordsSaved{batch->id});
    reported += step(event::BatchSettled{batch->id}).errorReports.size();
  }
  ASSERT_EQ(reported, 1u);
  EXPECT_EQ(last.errorReports[0].kind, report::ErrorKind::Buried);
}

TEST_F(CoreTest, MakesNoReportsWithoutReporters) {
  const auto batch = finish(lease({"a"}).assignments.at(0).cell, ExitStatus::Error).batchesToSave.at(0);
  EXPECT_TRUE(batch->errorReports.empty());
}

TEST_F(CoreTest, RecordsAndReportsWhatAStoreHasBuriedByItself) {
  options.reportsErrors = true;
  start();
  step(event::BuriedByStore{0, {{"too-large.1", "too large"}}});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  const auto batch = last.batchesToSave[0];
  EXPECT_EQ(batch->records.at(0).id, "too-large.1");
  EXPECT_EQ(batch->records[0].cause, "malformed");
  EXPECT_TRUE(batch->bury.empty());
  step(event::RecordsSaved{batch->id});
  step(event::BatchSettled{batch->id});
  ASSERT_EQ(last.errorReports.size(), 1u);
  EXPECT_EQ(last.errorReports[0].kind, report::ErrorKind::Malformed);
  EXPECT_EQ(last.errorReports[0].fate, report::TaskFate::Buried);
  EXPECT_EQ(last.errorReports[0].reason, "malformed: too large");
  EXPECT_EQ(last.failed, 1u);
}

}  // namespace
}  // namespace leptir::dispatcher
