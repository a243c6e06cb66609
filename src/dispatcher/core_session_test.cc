// The core after a session was resumed or lost, or after an earlier dispatcher died: which tasks it holds.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

TEST_F(CoreTest, ReleasesTasksThatTheStoreListsAsHeldButTheDispatcherDoesNotHave) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  (void)cell;
  step(event::HeldTasksListed{
      0, 1, {{envelopeOf("a"), {}, leaseOf("a")}, {envelopeOf("ghost"), {.crashes = 1}, leaseOf("ghost")}}});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  ASSERT_EQ(last.batchesToSettle[0]->release.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release[0].lease, leaseOf("ghost"));
  EXPECT_EQ(last.batchesToSettle[0]->release[0].counters.crashes, 1u);
}

TEST_F(CoreTest, DoesNotReleaseARunningTaskThatTheStoreListsTwice) {
  lease({"a"});
  step(event::HeldTasksListed{0, 1, {{envelopeOf("a"), {}, leaseOf("a")}, {envelopeOf("a"), {}, leaseOf("a")}}});
  EXPECT_TRUE(last.batchesToSettle.empty());
}

TEST_F(CoreTest, ReleasesATaskOnceThatTheStoreListsTwiceAndTheDispatcherDoesNotHave) {
  step(event::HeldTasksListed{0, 1, {{envelopeOf("a"), {}, leaseOf("a")}, {envelopeOf("a"), {}, leaseOf("a")}}});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release.size(), 1u);
}

TEST_F(CoreTest, DoesNotReleaseHeldTasksThatAreBeingSettled) {
  finish(lease({"a"}).assignments.at(0).cell);
  step(event::HeldTasksListed{0, 1, {{envelopeOf("a"), {}, leaseOf("a")}}});
  EXPECT_TRUE(last.batchesToSettle.empty());
}

TEST_F(CoreTest, ForgetsTheStockOfALostSession) {
  step(event::WorkerReadiness{0, false});
  step(event::WorkerReadiness{1, false});
  lease({"a"});
  step(event::BrokerClosed{0});
  step(event::BrokerOpened{0, 2});
  step(event::WorkerReadiness{0, true});
  EXPECT_TRUE(last.assignments.empty());
}

TEST_F(CoreTest, WritesNoRecordForATaskOfALostSession) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::BrokerClosed{0});
  step(event::BrokerOpened{0, 2});
  finish(cell);
  EXPECT_TRUE(last.batchesToSave.empty());
  EXPECT_EQ(last.cellsToFree, std::vector{cell});
}

TEST_F(CoreTest, SettlesTheCellsThatAnEarlierDispatcherLeft) {
  core = std::make_unique<Core>(options, [] { return 0.0; });
  const auto envelope = envelopeOf("a");
  step(event::CellFound{{0, 7}, {.broker = 0, .epoch = 1, .lease = leaseOf("a"), .envelope = envelope}, true});
  step(event::BrokerOpened{0, 1});
  const auto batch = finish({0, 7}).batchesToSave.at(0);
  EXPECT_EQ(batch->records.at(0).id, "a");
  EXPECT_EQ(step(event::RecordsSaved{batch->id}).batchesToSettle.at(0)->acknowledge, std::vector{leaseOf("a")});
}

TEST_F(CoreTest, TakesBackAndDropsTasksThatWereAssignedInAnEarlierEpoch) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::BrokerClosed{0});
  EXPECT_TRUE(step(event::BrokerOpened{0, 1}).slotsToTakeBackFrom.empty());
  EXPECT_EQ(step(event::BrokerOpened{0, 2}).slotsToTakeBackFrom.size(), 2u);
  step(event::AssignmentsTakenBack{cell.slot, {{cell.cell, envelopeOf("a")}}});
  EXPECT_TRUE(last.assignments.empty());
}

TEST_F(CoreTest, ARunningTaskThatAPartialListLacksGoesOn) {
  lease({"a"});
  step(event::HeldTasksListed{0, 1, {{envelopeOf("ghost"), {}, leaseOf("ghost")}}, false});
  EXPECT_TRUE(last.stopRequests.empty());
  ASSERT_EQ(last.batchesToSettle.size(), 1u) << "what it lists and the dispatcher does not have is released";
  EXPECT_EQ(last.batchesToSettle[0]->release.at(0).lease, leaseOf("ghost"));
  step(event::HeldTasksListed{0, 1, {}});
  EXPECT_EQ(last.stopRequests.size(), 1u) << "a whole list says that the lease is lost";
}

}  // namespace
}  // namespace leptir::dispatcher
