// What the core makes of another configuration: brokers that leave, names that are known no more.
#include <gtest/gtest.h>

#include "dispatcher/core.h"
#include "task/envelope.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

class CoreReload : public ::testing::Test {
 protected:
  // Broker 0 serves, broker 1 leaves; slot 0 holds what a dispatcher before us left there.
  void start(std::vector<Event> found) {
    options.brokerPriorities = {5, 0};
    options.brokerNames = {"stays", "leaves"};
    options.leaving = {false, true};
    options.slots = 2;
    options.names = {"noop"};
    core = std::make_unique<Core>(options, [] { return 0.0; });
    core->step(std::move(found), now);
    std::vector<Event> opened;
    for (std::uint32_t i : {0u, 1u}) opened.push_back(event::BrokerOpened{i, 1});
    for (int i : {0, 1}) opened.push_back(event::WorkerReady{i, true});
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
    return encodeEnvelope(task);
  }

  event::CellFound found(std::size_t cell, std::uint32_t broker, bool begun) {
    envelopes.push_back(envelopeOf("t" + std::to_string(cell)));
    Assignment assignment;
    assignment.broker = broker;
    assignment.epoch = 1;
    assignment.lease = {100 + cell, "lease"};
    assignment.envelope = envelopes.back();
    return {{0, cell}, assignment, begun};
  }

  CoreOptions options;
  Moment now{BootTime(1000s), Time(1000000s)};
  std::deque<std::string> envelopes;
  std::unique_ptr<Core> core;
  Actions last;
};

TEST_F(CoreReload, LeasesNothingFromABrokerThatLeavesAndGivesItNoRank) {
  start({});
  EXPECT_GT(last.rooms.at(0).tasks, 0u);
  EXPECT_EQ(last.rooms.at(1).tasks, 0u);
  step(event::Leased{0, 1, {{envelopeOf("a"), {}, {1, "a"}}}, true});
  ASSERT_EQ(last.assign.size(), 1u);
  EXPECT_EQ(last.assign[0].assignment.broker, 0u);
}

TEST_F(CoreReload, LetsABrokerGoAtOnceWhenItHoldsNothing) {
  start({});
  EXPECT_TRUE(last.letGo.empty());
  EXPECT_EQ(step(event::Tick{}).letGo, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(step(event::Tick{}).letGo.empty()) << "once";
  EXPECT_EQ(core->brokersAway(), 0u) << "nobody waits for it";
}

TEST_F(CoreReload, GivesBackWhatHasNotBegunAndKeepsWhatRunsUntilItIsSettled) {
  start({found(0, 1, true), found(1, 1, false)});
  EXPECT_FALSE(last.takeBack.empty());
  step(event::TakenBack{0, {{1, envelopeOf("t1")}}});
  ASSERT_EQ(last.settle.size(), 1u);
  ASSERT_EQ(last.settle[0]->release.size(), 1u);
  EXPECT_EQ(last.settle[0]->release[0].counters.attempts(), 0u);
  step(event::Settled{last.settle[0]->id});
  EXPECT_TRUE(step(event::Tick{}).letGo.empty()) << "one runs";

  Outcome outcome;
  step(event::CellDone{{0, 0}, outcome, envelopes[0]});
  ASSERT_EQ(last.save.size(), 1u);
  const auto batch = last.save[0];
  step(event::Saved{batch->id});
  EXPECT_EQ(batch->acknowledge.size(), 1u);
  EXPECT_TRUE(step(event::Tick{}).letGo.empty()) << "the store was not told yet";
  step(event::Settled{batch->id});
  EXPECT_EQ(step(event::Tick{}).letGo, std::vector<std::uint32_t>{1});
}

TEST_F(CoreReload, PutsAsideWhatWasAssignedUnderANameThatIsKnownNoMore) {
  envelopes.push_back(envelopeOf("old", "gone"));
  auto cell = found(0, 0, false);
  cell.assignment.envelope = envelopes.front();
  start({cell});
  step(event::TakenBack{0, {{0, envelopes.front()}}});
  EXPECT_TRUE(last.assign.empty());
  ASSERT_EQ(last.settle.size(), 1u);
  ASSERT_EQ(last.settle[0]->release.size(), 1u);
  EXPECT_EQ(last.settle[0]->release[0].counters.unknown, 1u);
}

}  // namespace
}  // namespace leptir
