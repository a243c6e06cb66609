// How the core finds a task that crashes dispatchers: it leases one task at a time and charges the one held alone.
#include <gtest/gtest.h>

#include <csignal>

#include "dispatcher/core.h"
#include "task/envelope.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class CorePoison : public ::testing::Test {
 protected:
  // Starts a core as after crashes of earlier dispatchers, with idle workers.
  void start(bool wasLeasedSingly, std::vector<Event> found = {}) {
    options.brokers.assign(static_cast<std::size_t>(brokers), {.name = "broker", .wasLeasedSingly = wasLeasedSingly});
    options.slotCount = 4;
    options.taskNames = {"noop"};
    options.singleLeasesUntil = now.boot + 60s;
    core = std::make_unique<Core>(options, [] { return 0.0; });
    step(std::move(found));
    std::vector<Event> opened;
    for (int i = 0; i < 4; ++i) opened.push_back(event::WorkerReadiness{i, true});
    for (int i = 0; i < brokers; ++i) opened.push_back(event::BrokerOpened{static_cast<std::uint32_t>(i), 1});
    step(std::move(opened));
  }

  Actions& step(std::vector<Event> events) { return last = core->step(std::move(events), now); }
  template <class Happened>
  Actions& step(Happened happened) {
    std::vector<Event> events;
    events.push_back(std::move(happened));
    return step(std::move(events));
  }

  static LeasedTask leased(const std::string& id, Counters counters = {}) {
    BrokerTask task;
    task.id = id;
    task.name = "noop";
    return {task::encodeEnvelope(task), counters, {100, id}};
  }
  Actions& held(std::vector<LeasedTask> tasks) { return step(event::HeldTasksListed{0, 1, std::move(tasks)}); }
  // Reports all batches as settled that were given to the feeders.
  void settleAll() {
    for (const auto& batch : std::exchange(last.batchesToSettle, {})) step(event::BatchSettled{batch->id});
  }

  CoreOptions options;
  int brokers = 1;
  ClockReading now{BootTime(1000s), Time(1000000s)};
  std::unique_ptr<Core> core;
  Actions last;
};

TEST_F(CorePoison, LeasesOneTaskAtATimeOnceTheHeldTasksAreKnown) {
  start(false);
  EXPECT_EQ(last.leaseCredits.at(0).tasks, 0u) << "before heldTasks was answered";
  held({});
  EXPECT_EQ(last.leaseCredits.at(0).tasks, 1u);
  EXPECT_TRUE(last.leaseCredits.at(0).isSingleLease);
  step(event::Leased{0, 1, {leased("a")}, false});
  EXPECT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.leaseCredits.at(0).tasks, 1u) << "the first task stands in a cell";
}

TEST_F(CorePoison, LeasesManyTasksAtOnceAgainAfterAMinute) {
  start(false);
  held({});
  now.boot += 61s;
  step(event::Tick{});
  EXPECT_EQ(last.leaseCredits.at(0).tasks, 4u);
  EXPECT_FALSE(last.leaseCredits.at(0).isSingleLease);
}

TEST_F(CorePoison, ReleasesTasksThatWereNotHeldAloneWithoutChargingACrash) {
  start(false);
  held({leased("a"), leased("b")});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  for (const auto& released : last.batchesToSettle[0]->release) EXPECT_EQ(released.counters.crashes, 0u);
  EXPECT_EQ(last.leaseCredits.at(0).tasks, 0u) << "until the batch is settled";
  settleAll();
  EXPECT_EQ(last.leaseCredits.at(0).tasks, 1u);
}

TEST_F(CorePoison, ChargesACrashToATaskThatWasHeldAloneAndBuriesItAtTheThird) {
  Counters counters;
  for (const Duration delay : {Duration(0s), Duration(5s)}) {
    start(true);
    held({leased("poison", counters)});
    ASSERT_EQ(last.batchesToSettle.size(), 1u);
    ASSERT_EQ(last.batchesToSettle[0]->release.size(), 1u);
    const auto& released = last.batchesToSettle[0]->release[0];
    EXPECT_EQ(released.counters.crashes, counters.crashes + 1);
    EXPECT_EQ(released.due, now.wall + delay);
    counters = released.counters;
  }
  start(true);
  held({leased("poison", counters)});
  ASSERT_EQ(last.batchesToSave.size(), 1u) << "its record is saved first";
  const auto& batch = *last.batchesToSave[0];
  ASSERT_EQ(batch.bury.size(), 1u);
  EXPECT_EQ(batch.bury[0].counters.crashes, 3u);
  EXPECT_NE(batch.bury[0].reason.find("dispatcher died"), std::string::npos);
  ASSERT_EQ(batch.records.size(), 1u);
  EXPECT_EQ(batch.records[0].id, "poison") << "read without decoding the envelope";
  EXPECT_EQ(batch.records[0].cause, "crashed");
}

TEST_F(CorePoison, BuriesATaskWhoseSettlingCrashedSixDispatchers) {
  start(false);
  held({});
  step(event::Leased{0, 1, {leased("a")}, false});
  ASSERT_EQ(last.assignments.size(), 1u);
  step(event::CellUnsettlable{last.assignments[0].cell, 6, "{}", 77});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  ASSERT_EQ(last.batchesToSave[0]->bury.size(), 1u);
  EXPECT_EQ(last.batchesToSave[0]->bury[0].reason, "6 dispatchers died while they saved the outcome of its run");
  EXPECT_EQ(last.batchesToSave[0]->records.at(0).cause, "crashed");
  EXPECT_EQ(last.batchesToSave[0]->records.at(0).pid, 77) << "of the worker that ran it";
}

TEST_F(CorePoison, ForgetsTheSettleStartsOfABatchThatWaitsForAnUnavailableStore) {
  start(false);
  held({});
  step(event::Leased{0, 1, {leased("a")}, false});
  ASSERT_EQ(last.assignments.size(), 1u);
  const auto cell = last.assignments[0].cell;
  step(event::CellDone{cell, Outcome{.status = ExitStatus::Success}, "{}"});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  const auto batch = last.batchesToSave[0]->id;
  EXPECT_EQ(step(event::StoreUnavailable{batch}).cellsThatAwaitStores, std::vector{cell});
  EXPECT_TRUE(step(event::StoreUnavailable{batch + 1}).cellsThatAwaitStores.empty()) << "an unknown batch";
  step(event::RecordsSaved{batch});
  EXPECT_EQ(step(event::StoreUnavailable{batch}).cellsThatAwaitStores, std::vector{cell}) << "it waits for its broker";
  step(event::BatchSettled{batch});
  EXPECT_TRUE(step(event::StoreUnavailable{batch}).cellsThatAwaitStores.empty());
}

TEST_F(CorePoison, ChargesNoCrashToTasksInCellsOrTakenBackFromCells) {
  const auto inCell = leased("in a cell"), taken = leased("taken");
  link::Assignment assignment;
  assignment.epoch = 1;
  assignment.lease = inCell.lease;
  assignment.envelope = inCell.envelope;
  auto other = assignment;
  other.lease = taken.lease;
  std::vector<Event> found;
  found.push_back(event::CellFound{{0, 0}, assignment, true});
  found.push_back(event::CellFound{{0, 1}, other, false});
  found.push_back(event::AssignmentsTakenBack{0, {{1, taken.envelope}}});  // before the session of its broker was open
  start(true, std::move(found));
  held({inCell, taken});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  ASSERT_EQ(last.batchesToSettle[0]->release.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release[0].counters.crashes, 0u);
}

TEST_F(CorePoison, ChargesCrashesOnlyAtTheFirstComparisonWithTheStore) {
  start(true);
  held({});
  held({leased("its answer was lost")});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release.at(0).counters.crashes, 0u);
}

TEST_F(CorePoison, LetsBrokersTakeTurnsWhileItLeasesOneTaskAtATime) {
  brokers = 2;
  start(false);
  step(event::HeldTasksListed{0, 1, {}});
  step(event::HeldTasksListed{1, 1, {}});
  std::vector<int> turns(2);
  for (int i = 0; i < 80; ++i) {
    now.boot += 100ms;
    step(event::Tick{});
    EXPECT_LE(last.leaseCredits.at(0).tasks + last.leaseCredits.at(1).tasks, 1u);
    for (std::size_t broker = 0; broker < 2; ++broker)
      turns[broker] += static_cast<int>(last.leaseCredits[broker].tasks);
  }
  EXPECT_EQ(turns[0], turns[1]);
  EXPECT_GT(turns[0], 0);
}

// --- SIGTERM that was sent to all processes of the instance

class CoreSigtermTest : public CorePoison {
 protected:
  void SetUp() override {
    start(false);
    held({});
    cell = step(event::Leased{0, 1, {leased("program")}, true}).assignments.at(0).cell;
  }
  void programEndsByTerm() {
    Outcome outcome;
    outcome.status = ExitStatus::Error;
    outcome.cause = Cause::Crashed;
    outcome.signal = SIGTERM;
    step(event::CellDone{cell, outcome, "{}"});
  }
  void expectGivenBack() {
    ASSERT_EQ(last.batchesToSettle.size(), 1u);
    ASSERT_EQ(last.batchesToSettle[0]->release.size(), 1u);
    EXPECT_EQ(last.batchesToSettle[0]->release[0].counters.attempts(), 0u);
    EXPECT_TRUE(last.batchesToSettle[0]->records.empty());
    ASSERT_EQ(last.logLines.size(), 1u);
    EXPECT_EQ(last.logLines[0].id, "program");
    EXPECT_EQ(last.logLines[0].text, "Ended by the stop; it goes back into its queue and runs again.");
  }
  void expectCrash() {
    ASSERT_EQ(last.batchesToSave.size(), 1u);
    EXPECT_EQ(last.batchesToSave[0]->release.at(0).counters.crashes, 1u);
  }
  CellRef cell;
};

TEST_F(CoreSigtermTest, GivesBackATaskWhoseProgramSigtermEndedJustBeforeTheStop) {
  programEndsByTerm();
  EXPECT_TRUE(last.batchesToSettle.empty() && last.batchesToSave.empty()) << "a stop may follow";
  now.boot += 900ms;
  step(event::Tick{});
  EXPECT_TRUE(last.batchesToSettle.empty() && last.batchesToSave.empty());
  step(event::Stop{});
  expectGivenBack();
}

TEST_F(CoreSigtermTest, GivesBackATaskWhoseProgramSigtermEndedJustAfterTheStop) {
  step(event::Stop{});
  now.boot += 900ms;
  programEndsByTerm();
  expectGivenBack();
}

TEST_F(CoreSigtermTest, TreatsASigtermWithoutAStopAsACrash) {
  programEndsByTerm();
  now.boot += 1s;
  step(event::Tick{});
  expectCrash();
}

TEST_F(CoreSigtermTest, TreatsASigtermLongAfterTheStopAsACrash) {
  step(event::Stop{});
  now.boot += 2s;
  programEndsByTerm();
  expectCrash();
}

}  // namespace
}  // namespace leptir::dispatcher
