// The core after a reload: brokers that are no longer configured, task names that are no longer known.
#include <gtest/gtest.h>

#include "dispatcher/core.h"
#include "task/envelope.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

class CoreReload : public ::testing::Test {
 protected:
  // Broker 0 is configured, broker 1 is no longer; `found` are the cells that an earlier dispatcher left in slot 0.
  void start(std::vector<Event> found) {
    options.brokers = {{.name = "stays", .priority = 5}, {.name = "leaves", .detaching = true}};
    options.slotCount = 2;
    options.taskNames = {"noop"};
    core = std::make_unique<Core>(options, [] { return 0.0; });
    core->step(std::move(found), now);
    std::vector<Event> opened;
    for (std::uint32_t i : {0u, 1u}) opened.push_back(event::BrokerOpened{i, 1});
    for (int i : {0, 1}) opened.push_back(event::WorkerReadiness{i, true});
    last = core->step(std::move(opened), now);
  }

  Actions& step(Event event) {
    std::vector<Event> events;
    events.push_back(std::move(event));
    return last = core->step(std::move(events), now);
  }

  std::string envelopeOf(const std::string& id, const std::string& name = "noop") {
    BrokerTask task;
    task.id = id;
    task.name = name;
    return task::encodeEnvelope(task);
  }

  event::CellFound found(std::size_t cell, std::uint32_t broker, bool begun) {
    envelopes.push_back(envelopeOf("t" + std::to_string(cell)));
    link::Assignment assignment;
    assignment.broker = broker;
    assignment.epoch = 1;
    assignment.lease = {100 + cell, "lease"};
    assignment.envelope = envelopes.back();
    return {{0, cell}, assignment, begun};
  }

  CoreOptions options;
  ClockReading now{BootTime(1000s), Time(1000000s)};
  std::deque<std::string> envelopes;
  std::unique_ptr<Core> core;
  Actions last;
};

TEST_F(CoreReload, LeasesNothingFromABrokerThatIsNoLongerConfigured) {
  start({});
  EXPECT_GT(last.leaseCredits.at(0).tasks, 0u);
  EXPECT_EQ(last.leaseCredits.at(1).tasks, 0u);
  step(event::Leased{0, 1, {{envelopeOf("a"), {}, {1, "a"}}}, true});
  ASSERT_EQ(last.assignments.size(), 1u);
  EXPECT_EQ(last.assignments[0].assignment.broker, 0u);
}

TEST_F(CoreReload, DetachesABrokerAtOnceWhenNoneOfItsTasksIsHere) {
  start({});
  EXPECT_TRUE(last.brokersToDetach.empty());
  EXPECT_EQ(step(event::Tick{}).brokersToDetach, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(step(event::Tick{}).brokersToDetach.empty()) << "only once";
  EXPECT_EQ(core->brokersWithoutSession(), 0u) << "a detached broker is not waited for";
}

TEST_F(CoreReload, DetachesABrokerOnlyOnceItsTasksAreReleasedOrSettled) {
  start({found(0, 1, true), found(1, 1, false)});
  EXPECT_FALSE(last.slotsToTakeBackFrom.empty());
  step(event::AssignmentsTakenBack{0, {{1, envelopeOf("t1")}}});
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  ASSERT_EQ(last.batchesToSettle[0]->release.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release[0].counters.attempts(), 0u);
  step(event::BatchSettled{last.batchesToSettle[0]->id});
  EXPECT_TRUE(step(event::Tick{}).brokersToDetach.empty()) << "one of its tasks still runs";

  Outcome outcome;
  step(event::CellDone{{0, 0}, outcome, envelopes[0]});
  ASSERT_EQ(last.batchesToSave.size(), 1u);
  const auto batch = last.batchesToSave[0];
  step(event::RecordsSaved{batch->id});
  EXPECT_EQ(batch->acknowledge.size(), 1u);
  EXPECT_TRUE(step(event::Tick{}).brokersToDetach.empty()) << "the batch is not settled yet";
  step(event::BatchSettled{batch->id});
  EXPECT_EQ(step(event::Tick{}).brokersToDetach, std::vector<std::uint32_t>{1});
}

TEST_F(CoreReload, LeavesAnAssignedTaskToOthersWhenItsNameIsNoLongerKnown) {
  envelopes.push_back(envelopeOf("old", "gone"));
  auto cell = found(0, 0, false);
  cell.assignment.envelope = envelopes.front();
  start({cell});
  step(event::AssignmentsTakenBack{0, {{0, envelopes.front()}}});
  EXPECT_TRUE(last.assignments.empty());
  ASSERT_EQ(last.batchesToSettle.size(), 1u);
  ASSERT_EQ(last.batchesToSettle[0]->release.size(), 1u);
  EXPECT_EQ(last.batchesToSettle[0]->release[0].counters.unknown, 1u);
}

}  // namespace
}  // namespace leptir::dispatcher
