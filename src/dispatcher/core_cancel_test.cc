// The core with cancel requests, and with leases that this session has lost.
#include <gtest/gtest.h>

#include "dispatcher/core.h"
#include "task/envelope.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class CoreCancelTest : public ::testing::Test {
 protected:
  CoreCancelTest() : core(optionsOfOneSlot(), [] { return 0.5; }) {
    step(event::BrokerOpened{0, 1});
    step(event::WorkerReadiness{0, true});
  }

  static CoreOptions optionsOfOneSlot() {
    CoreOptions options;
    options.brokers = {{.name = "broker"}};
    options.slotCount = 1;
    options.taskNames = {"noop"};
    return options;
  }

  Actions& step(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return last = core.step(std::move(events), {BootTime(1000s), Time(1000000s)});
  }

  static LeaseId leaseOf(const std::string& id) { return {100, id}; }
  static LeasedTask leased(const std::string& id, const std::string& cancelledBy = "") {
    BrokerTask task;
    task.id = id;
    task.name = "noop";
    return {task::encodeEnvelope(task), {}, leaseOf(id), cancelledBy};
  }
  CellRef run(const std::string& id) { return step(event::Leased{0, 1, {leased(id)}, true}).assignments.at(0).cell; }

  void expectCancelled(const std::string& id) {
    ASSERT_EQ(last.batchesToSave.size(), 1u);
    const auto& record = last.batchesToSave[0]->records.at(0);
    EXPECT_EQ(record.id, id);
    EXPECT_EQ(record.cause, "cancelled");
    EXPECT_EQ(record.response, "Cancelled by me@host.");
    EXPECT_EQ(last.batchesToSave[0]->acknowledge, std::vector{leaseOf(id)});
    EXPECT_TRUE(last.assignments.empty());
  }

  Core core;
  Actions last;
};

TEST_F(CoreCancelTest, ATaskThatWasCancelledBeforeItsLeaseNeverRuns) {
  step(event::Leased{0, 1, {leased("a", "me@host")}, true});
  expectCancelled("a");
}

TEST_F(CoreCancelTest, ACancelledTaskInStockNeverRuns) {
  run("a");
  step(event::Leased{0, 1, {leased("b")}, true});
  step(event::CancelRequested{0, {{leaseOf("b"), "me@host"}}});
  expectCancelled("b");
}

TEST_F(CoreCancelTest, AsksTheMasterToEndACancelledTaskInACell) {
  const auto cell = run("a");
  step(event::CancelRequested{0, {{leaseOf("a"), "me@host"}}});
  ASSERT_EQ(last.stopRequests.size(), 1u);
  EXPECT_EQ(last.stopRequests[0].cell, cell);
  EXPECT_EQ(last.stopRequests[0].reason, link::StopReason::Cancel);
  EXPECT_EQ(last.stopRequests[0].by, "me@host");
}

TEST_F(CoreCancelTest, ATaskThatTheStoreDoesNotListAsHeldEndsWithoutARecord) {
  const auto cell = run("a");
  step(event::HeldTasksListed{0, 1, {}});
  ASSERT_EQ(last.stopRequests.size(), 1u);
  EXPECT_EQ(last.stopRequests[0].reason, link::StopReason::LeaseLost);
  step(event::CellDied{cell, {.reason = link::StopReason::LeaseLost}, "{}"});
  EXPECT_TRUE(last.batchesToSave.empty());
  EXPECT_TRUE(last.batchesToSettle.empty());
  EXPECT_EQ(last.cellsToFree, std::vector{cell});
}

TEST_F(CoreCancelTest, TheLogSaysThatATaskEndedByTheStopRunsAgain) {
  const auto cell = run("a");
  step(event::CellDied{cell, {.reason = link::StopReason::Shutdown}, "{}"});
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_NE(last.logLines[0].text.find("goes back into its queue and runs again"), std::string::npos);
}

TEST_F(CoreCancelTest, ATaskThatFinishesAfterItsLeaseWasLostIsNotRecorded) {
  const auto cell = run("a");
  step(event::LeasesLost{0, {leaseOf("a")}});
  step(event::CellDone{cell, Outcome{.status = ExitStatus::Success}, "{}"});
  EXPECT_TRUE(last.batchesToSave.empty());
  EXPECT_TRUE(last.batchesToSettle.empty());
  EXPECT_EQ(last.cellsToFree, std::vector{cell});
}

TEST_F(CoreCancelTest, ATaskThatTheStoreListsAsHeldRunsOn) {
  run("a");
  step(event::HeldTasksListed{0, 1, {leased("a")}});
  EXPECT_TRUE(last.stopRequests.empty());
}

TEST_F(CoreCancelTest, AsksForCancelRequestsOnlyOfTasksThatRunLongerThanAMoment) {
  const auto cell = run("a");
  EXPECT_TRUE(step(event::Tick{}).runningLeases.at(0).leases.empty());
  step(event::CellRunning{cell, BootTime(1000s) - 1s});
  EXPECT_EQ(step(event::Tick{}).runningLeases.at(0).leases, std::vector{leaseOf("a")});
}

}  // namespace
}  // namespace leptir::dispatcher
