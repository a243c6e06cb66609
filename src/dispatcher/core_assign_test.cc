// Which tasks the core leases, and to which worker it assigns them.
#include "dispatcher/core_fixture.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

TEST_F(CoreTest, ATimeLimitBeyondAllClocksIsTheLongestOne) {
  step(event::Leased{
      0, 1, {{R"({"cn":"noop","tl":18446744073710,"toex":"","td":{"id":"a"}})", {}, leaseOf("a")}}, true});
  EXPECT_EQ(last.assignments.at(0).assignment.timeLimit, kMaxTimeSpan);
}

TEST_F(CoreTest, GivesAsMuchLeaseCreditAsThereAreFreeWorkers) {
  ASSERT_EQ(last.leaseCredits.size(), 1u);
  EXPECT_EQ(last.leaseCredits[0].tasks, 2u);
}

TEST_F(CoreTest, GivesAClosedBrokerNoLeaseCredit) {
  step(event::BrokerClosed{0});
  EXPECT_EQ(last.leaseCredits[0].tasks, 0u);
}

TEST_F(CoreTest, GivesEachIdleWorkerATask) {
  lease({"a", "b", "c"});
  ASSERT_EQ(last.assignments.size(), 2u);
  EXPECT_NE(last.assignments[0].cell.slot, last.assignments[1].cell.slot);
  EXPECT_EQ(last.assignments[0].assignment.lease, leaseOf("a"));
  EXPECT_EQ(last.assignments[0].assignment.timeLimit, 600s);
}

TEST_F(CoreTest, AssignsNothingWhileTheBeatOfTheMasterIsTooOld) {
  step(event::MasterLiveness{false});
  EXPECT_TRUE(lease({"a"}).assignments.empty());
  ASSERT_EQ(step(event::MasterLiveness{true}).assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].assignment.lease, leaseOf("a"));
}

TEST_F(CoreTest, AssignsNothingToAWorkerThatIsNotReady) {
  step(event::WorkerReadiness{0, false});
  lease({"a", "b"});
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].cell.slot, 1);
}

TEST_F(CoreTest, AssignsFarAheadOnlyWhenTasksAreShort) {
  for (int i = 0; i < 100; ++i) {
    const auto batch = finish(lease({"short" + std::to_string(i)}).assignments.at(0).cell).batchesToSave.at(0)->id;
    step(event::RecordsSaved{batch});
    step(event::BatchSettled{batch});
  }
  EXPECT_GT(last.leaseCredits[0].tasks, 100u);
  const auto cell = lease({"long"}).assignments.at(0).cell;
  finish(cell, ExitStatus::Success, 1s);
  EXPECT_LE(last.leaseCredits[0].tasks, 2u);
}

TEST_F(CoreTest, TakesBackTasksThatWaitBehindALongTask) {
  for (int i = 0; i < 100; ++i) {
    const auto batch = finish(lease({"short" + std::to_string(i)}).assignments.at(0).cell).batchesToSave.at(0)->id;
    step(event::RecordsSaved{batch});
    step(event::BatchSettled{batch});
  }
  const auto assigned = lease({"a", "b", "c", "d"}).assignments;
  ASSERT_EQ(assigned.size(), 4u);
  const auto slot = assigned[0].cell.slot;
  passTime(50ms);
  step(event::CellRunning{assigned[0].cell, now.boot - 50ms});
  step(event::Tick{});
  EXPECT_EQ(last.slotsToTakeBackFrom, std::vector{slot});

  // c stood behind the long task a. It is assigned to the other slot, which has b and d, and nothing more behind a.
  step(event::AssignmentsTakenBack{slot, {{assigned[2].cell.cell, envelopeOf("c")}}});
  for (const auto& assign : last.assignments) EXPECT_NE(assign.cell.slot, slot);
}

TEST_F(CoreTest, GivesBackALeasedTaskThatFindsNoWorker) {
  step(event::WorkerReadiness{0, false});
  step(event::WorkerReadiness{1, false});
  lease({"a"});
  passTime(1s);
  step(event::Tick{});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release.at(0).counters, Counters{});
  EXPECT_TRUE(last.batchesToSave.empty());
}

TEST_F(CoreTest, DrawsBrokersByRankAndReservesACellForTheOneThatIsBeingRefilled) {
  random = 0.9;  // the weights are 1 and 1/2: above 2/3 the second broker is drawn
  start(1, {0, 5});
  lease({"first"}, 0, false);
  EXPECT_TRUE(last.assignments.empty());
  lease({"second"}, 1, false);
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].assignment.broker, 1u);
}

TEST_F(CoreTest, TakesFromAnyBrokerThatHasTasksWhenTheOthersAreKnownToBeEmpty) {
  start(1, {0, 5});
  random = 0.9;
  lease({}, 1, true);
  lease({"first"}, 0, false);
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].assignment.broker, 0u);
}

TEST_F(CoreTest, ATaskWithALargeEnvelopeWaitsForAnEmptySlot) {
  start(1);
  std::string parameters = "\"" + std::string(link::kCellBodyBytes, 'x') + "\"";
  BrokerTask large{.id = "large", .name = "noop", .parameters = parameters};
  const auto cell = lease({"small"}).assignments.at(0).cell;
  step(event::Leased{0, 1, {{task::encodeEnvelope(large), {}, leaseOf("large")}}, true});
  EXPECT_TRUE(last.assignments.empty());
  const auto batch = finish(cell).batchesToSave.at(0)->id;
  EXPECT_TRUE(last.assignments.empty());
  step(event::RecordsSaved{batch});
  step(event::BatchSettled{batch});
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].assignment.lease, leaseOf("large"));
}

}  // namespace
}  // namespace leptir::dispatcher
