// The dispatcher's core driven by hand: no process, no store, no clock.
#include "dispatcher/core.h"

#include <gtest/gtest.h>

#include "task/envelope.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

std::string envelopeOf(const std::string& id, const std::string& name = "noop") {
  BrokerTask task;
  task.id = id;
  task.name = name;
  return task::encodeEnvelope(task);
}

class CoreTest : public ::testing::Test {
 protected:
  CoreTest() { start(); }

  void start(int slots = 2, std::vector<std::int64_t> priorities = {0}) {
    options.brokers.clear();
    for (const auto priority : priorities) options.brokers.push_back({.name = "broker", .priority = priority});
    options.slotCount = slots;
    options.taskNames = {"noop"};
    core = std::make_unique<Core>(options, [this] { return random; });
    std::vector<Event> events;
    for (std::uint32_t i = 0; i < priorities.size(); ++i) events.push_back(event::BrokerOpened{i, 1});
    for (int i = 0; i < slots; ++i) events.push_back(event::WorkerReady{i, true});
    last = core->step(std::move(events), now);
  }

  Actions& step(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    last = core->step(std::move(events), now);
    return last;
  }

  Actions& lease(std::vector<std::string> ids, std::uint32_t broker = 0, bool nothingMore = true) {
    event::Leased leased{broker, 1, {}, nothingMore};
    for (const auto& id : ids) leased.tasks.push_back({envelopeOf(id), {}, leaseOf(id)});
    return step(std::move(leased));
  }

  static LeaseId leaseOf(const std::string& id) { return {100, "lease of " + id}; }

  Actions& finish(CellRef cell, ExitStatus status = ExitStatus::Success, Duration time = 1us) {
    Outcome outcome;
    outcome.status = status;
    outcome.executionTime = time;
    return step(event::CellDone{cell, outcome, "{}"});
  }

  void passTime(Duration by) {
    now.boot += by;
    now.wall += by;
  }

  CoreOptions options;
  double random = 0;
  ClockReading now{BootTime(1000s), Time(1000000s)};
  std::unique_ptr<Core> core;
  Actions last;
};

TEST_F(CoreTest, ATaskKeepsItsQueuePositionAfterItsFirstCrashAndWaitsAfterItsSecond) {
  const auto crashAfter = [this](Counters counters) {
    BrokerTask task{.id = "a", .name = "noop", .pushedAt = now.wall - 10min};
    step(event::Leased{0, 1, {{task::encodeEnvelope(task), counters, leaseOf("a")}}, true});
    const auto cell = last.assignments.at(0).cell;
    step(event::CellDied{cell, link::Verdict{.reason = link::StopReason::Crash, .signal = 11}, "{}"});
    step(event::RecordsSaved{last.batchesToSave.at(0)->id});
    return last.batchesToSettle.at(0)->release.at(0).due;
  };
  options.hasStorages = true;
  EXPECT_EQ(crashAfter({}), std::nullopt) << "empty: the old position";
  start();
  EXPECT_EQ(crashAfter({.crashes = 1}), now.wall + 5s);
}

TEST_F(CoreTest, ARetryDelayBeyondAllClocksDoesNotOverflow) {
  lease({"a"});
  Outcome outcome;
  outcome.cause = Cause::RetryLater;
  outcome.retryAfter = Duration::max();
  step(event::CellDone{last.assignments.at(0).cell, outcome, "{}"});
  step(event::RecordsSaved{last.batchesToSave.at(0)->id});
  EXPECT_EQ(last.batchesToSettle.at(0)->release.at(0).due, Time::max());
}

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
  step(event::WorkerReady{0, false});
  lease({"a", "b"});
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].cell.slot, 1);
}

TEST_F(CoreTest, SavesTheRecordFirstThenAcknowledgesThenFreesTheCell) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  finish(cell);
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_TRUE(last.batchesToSettle.empty());
  EXPECT_TRUE(last.cellsToFree.empty());
  const auto batch = last.batchesToSave[0];

  step(event::RecordsSaved{batch->id});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->acknowledge, std::vector{leaseOf("a")});
  EXPECT_TRUE(last.cellsToFree.empty());

  step(event::BatchSettled{batch->id});
  EXPECT_EQ(last.cellsToFree, std::vector{cell});
  EXPECT_EQ(last.succeeded, 1u);
}

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

TEST_F(CoreTest, WaitsForEveryRequiredStorage) {
  options.requiredStorageCount = 2;
  start();
  const auto cell = lease({"a"}).assignments.at(0).cell;
  const auto batch = finish(cell).batchesToSave.at(0);
  EXPECT_TRUE(step(event::RecordsSaved{batch->id}).batchesToSettle.empty());
  EXPECT_EQ(step(event::RecordsSaved{batch->id}).batchesToSettle.size(), 1u);
}

TEST_F(CoreTest, DoesNotWaitForStoragesThatAreNotRequired) {
  options.requiredStorageCount = 0;
  start();
  finish(lease({"a"}).assignments.at(0).cell);
  EXPECT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_EQ(last.batchesToSettle.size(), 1u);
}

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

TEST_F(CoreTest, BuriesATaskWhoseSessionExpiredTooOftenInsteadOfRunningItAndSavesItsRecordFirst) {
  const Counters counters{.expiries = kMostExpiries};
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

TEST_F(CoreTest, RunsATaskWhoseSessionExpiredLessOften) {
  step(event::Leased{0, 1, {{envelopeOf("a"), {.expiries = kMostExpiries - 1}, {5, "x"}}}, true});
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
      EXPECT_EQ(batch->bury[0].reason, "no program knew its name 'stranger' for a day");
      return;
    }
    passTime(*batch->release.at(0).leftToOthersUntil - now.wall);
    step(event::BatchSettled{batch->id});
  }
  FAIL() << "it was never buried";
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
  EXPECT_EQ(last.slotsToTakeBack, std::vector{slot});

  // c stood behind the long task a. It is assigned to the other slot, which has b and d, and nothing more behind a.
  step(event::AssignmentsTakenBack{slot, {{assigned[2].cell.cell, envelopeOf("c")}}});
  for (const auto& assign : last.assignments) EXPECT_NE(assign.cell.slot, slot);
}

TEST_F(CoreTest, GivesBackALeasedTaskThatFindsNoWorker) {
  step(event::WorkerReady{0, false});
  step(event::WorkerReady{1, false});
  lease({"a"});
  passTime(1s);
  step(event::Tick{});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release.at(0).counters, Counters{});
  EXPECT_TRUE(last.batchesToSave.empty());
}

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

TEST_F(CoreTest, ARunningTaskThatAPartialListLacksGoesOn) {
  lease({"a"});
  step(event::HeldTasksListed{0, 1, {{envelopeOf("ghost"), {}, leaseOf("ghost")}}, false});
  EXPECT_TRUE(last.stopRequests.empty());
  ASSERT_EQ(last.batchesToSettle.size(), 1u) << "what it lists and the dispatcher does not have is released";
  EXPECT_EQ(last.batchesToSettle[0]->release.at(0).lease, leaseOf("ghost"));
  step(event::HeldTasksListed{0, 1, {}});
  EXPECT_EQ(last.stopRequests.size(), 1u) << "a whole list says that the lease is lost";
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
  step(event::WorkerReady{0, false});
  step(event::WorkerReady{1, false});
  lease({"a"});
  step(event::BrokerClosed{0});
  step(event::BrokerOpened{0, 2});
  step(event::WorkerReady{0, true});
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

TEST_F(CoreTest, KeepsTheOutcomeOfATaskWhoseBrokerIsUnavailable) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::BrokerClosed{0});
  const auto batch = finish(cell).batchesToSave.at(0);
  EXPECT_EQ(batch->epoch, 1u);
  EXPECT_EQ(step(event::RecordsSaved{batch->id}).batchesToSettle.size(),
            1u);  // the feeder keeps the batch until the session is resumed or lost
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
  EXPECT_TRUE(step(event::BrokerOpened{0, 1}).slotsToTakeBack.empty());
  EXPECT_EQ(step(event::BrokerOpened{0, 2}).slotsToTakeBack.size(), 2u);
  step(event::AssignmentsTakenBack{cell.slot, {{cell.cell, envelopeOf("a")}}});
  EXPECT_TRUE(last.assignments.empty());
}

TEST_F(CoreTest, SettlesCellsOfTwoEpochsInSeparateBatches) {
  core = std::make_unique<Core>(options, [] { return 0.0; });
  const auto envelope = envelopeOf("a");
  step(event::CellFound{{0, 7}, {.broker = 0, .epoch = 2, .lease = leaseOf("new"), .envelope = envelope}, true});
  step(event::CellFound{{1, 3}, {.broker = 0, .epoch = 1, .lease = leaseOf("old"), .envelope = envelope}, true});
  std::vector<Event> done;
  done.push_back(event::CellDone{{0, 7}, Outcome{.status = ExitStatus::Success}, "{}"});
  done.push_back(event::CellDone{{1, 3}, Outcome{.status = ExitStatus::Success}, "{}"});
  last = core->step(std::move(done), now);
  ASSERT_EQ(last.batchesToSave.size(), 2u);
  EXPECT_EQ(last.batchesToSave[0]->epoch, 2u);
  EXPECT_EQ(last.batchesToSave[0]->acknowledge, std::vector{leaseOf("new")});
  EXPECT_EQ(last.batchesToSave[1]->epoch, 1u);
}

TEST_F(CoreTest, SavesOneInProgressRecordOfALongTask) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  const auto began = now.boot;
  passTime(150ms);
  EXPECT_TRUE(step(event::CellRunning{cell, began}).batchesToSave.empty());
  passTime(100ms);
  step(event::CellRunning{cell, began});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  EXPECT_EQ(last.batchesToSave[0]->records.at(0).status, TaskStatus::InProgress);
  EXPECT_TRUE(step(event::CellRunning{cell, began}).batchesToSave.empty());
}

TEST_F(CoreTest, AStopTakesBackUnstartedTasksAndClosesWhenTheOthersAreSettled) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::Stop{});
  EXPECT_EQ(last.slotsToTakeBack.size(), 2u);
  EXPECT_FALSE(last.closeSessions);
  EXPECT_EQ(last.leaseCredits[0].tasks, 0u);
  const auto batch = finish(cell).batchesToSave.at(0)->id;
  step(event::RecordsSaved{batch});
  EXPECT_FALSE(last.closeSessions);
  step(event::BatchSettled{batch});
  EXPECT_TRUE(last.closeSessions);
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
}

TEST_F(CoreTest, AStopGivesUpOnAStoreThatIsDownTenSecondsAfterTheLastTaskHasEnded) {
  const auto cell = lease({"a"}).assignments.at(0).cell;
  step(event::Stop{});
  passTime(1h);
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
  finish(cell);
  passTime(9s);
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
  passTime(2s);
  step(event::Tick{});
  EXPECT_EQ(last.closeSessions, SessionClose::LeaveToExpire);
  EXPECT_TRUE(last.cellsToFree.empty());
  EXPECT_FALSE(step(event::Tick{}).closeSessions);
}

TEST_F(CoreTest, DrainEndsWhenEveryBrokerIsEmpty) {
  options.drain = true;
  start();
  EXPECT_EQ(step(event::Tick{}).brokersToCount, std::vector{0u});
  EXPECT_FALSE(step(event::Counted{0, {.scheduled = 1}}).closeSessions);
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_EQ(last.logLines[0].text, "Nothing is due now; the drain waits for 1 task whose time is to come.");
  EXPECT_TRUE(step(event::Counted{0, {.scheduled = 1}}).logLines.empty()) << "logged once";
  EXPECT_TRUE(step(event::Counted{0, {.buried = 3}}).closeSessions);
  EXPECT_FALSE(core->leftUnknownNames());
}

TEST_F(CoreTest, DrainLeavesTasksOfUnknownNames) {
  options.drain = true;
  start();
  step(event::Leased{0, 1, {{envelopeOf("a", "stranger"), {}, {5, "x"}}}, true});
  step(event::BatchSettled{last.batchesToSettle.at(0)->id});
  EXPECT_FALSE(step(event::Counted{0, {.due = 2}}).closeSessions) << "only one of the two is known to be left";
  EXPECT_TRUE(step(event::Counted{0, {.due = 1}}).closeSessions);
  ASSERT_EQ(last.logLines.size(), 1u);
  EXPECT_EQ(last.logLines[0].text, "1 task of unknown names left in the queue: 'stranger'.");
  EXPECT_TRUE(core->leftUnknownNames());
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
