#include "dispatcher/instance_cards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class InstanceCardsTest : public ::testing::Test {
 protected:
  InstanceCardsTest() {
    options.instance = std::string(32, 'a');
    options.info = {.host = "host", .pid = 4711, .version = "1.2.3", .workers = 3};
    options.names = {"mail", "note"};
    board->setConfiguration("/etc/leptir.yaml");
    board->setState(link::InstanceState::Running, "");
    board->addSettled(10, 3);
  }

  // A worker has begun this task.
  void begin(int slot, std::uint32_t broker, const std::string& id, BootTime began, std::uint32_t failures = 0) {
    settlement::HeldTask task{.broker = broker, .counters = {.failures = failures}, .head = {.id = id, .name = "mail"}};
    const auto cell = tracker.assign(slot, std::move(task), false);
    auto& shared = link->slot(slot);
    link::Assignment assignment;
    assignment.sequence = 1;
    assignment.envelope = "{}";
    ASSERT_TRUE(shared.assignments().write(cell.cell, assignment));
    for (const auto state : {link::CellState::Assigned, link::CellState::Executing})
      ASSERT_TRUE(shared.change(cell.cell, shared.word(cell.cell), shared.word(cell.cell).to(state)));
    shared.outcomes().beginRun(cell.cell, began, 77);
    board->setTask(slot, id, "mail", began);
    board->setProgress(slot, 0.25, "page 1");
  }

  std::vector<fleet::InstanceCard> make() {
    const InstanceCards cards({.options = options,
                               .board = *board,
                               .table = table,
                               .slots = tracker,
                               .recent = recent,
                               .page = link->page(),
                               .clock = systemClock()},
                              {{.name = "main"}, {.name = "side"}});
    return cards.make();
  }

  DispatcherOptions options;
  std::unique_ptr<link::Link> link = link::Link::create(3).value();
  std::unique_ptr<link::StatusBoard> board = link::StatusBoard::inMemory(3, systemClock());
  SlotTracker tracker{3};
  SlotTable table{*link, tracker, systemClock()};
  RecentCounts recent{2, systemClock().bootTime() - 10s};
};

TEST_F(InstanceCardsTest, SayWhetherAnOrderDrainedTheInstanceAndHowItsLastReloadEnded) {
  EXPECT_FALSE(make()[0].drained);
  link->page().drained = 1;
  board->addReloadRequest();
  board->addReloadRequest();
  board->setReloadEnd(1, link::ReloadEnd::Refused);
  EXPECT_TRUE(make()[0].drained);
  EXPECT_EQ(make()[0].reloads, (fleet::Reloads{.requested = 2, .answered = 1, .refused = true}));
  board->setReloadEnd(2, link::ReloadEnd::Applied);
  EXPECT_EQ(make()[0].reloads, (fleet::Reloads{.requested = 2, .answered = 2, .refused = false}));
}

TEST_F(InstanceCardsTest, EachBrokerHasACardThatSaysWhatTheInstanceIs) {
  const auto cards = make();
  ASSERT_THAT(cards, SizeIs(2));
  EXPECT_EQ(cards[0].broker, "main");
  EXPECT_EQ(cards[1].broker, "side");
  for (const auto& card : cards) {
    EXPECT_EQ(card.instance, options.instance);
    EXPECT_EQ(card.host, "host");
    EXPECT_EQ(card.version, "1.2.3");
    EXPECT_EQ(card.configuration, "/etc/leptir.yaml");
    EXPECT_EQ(card.pid, 4711);
    EXPECT_EQ(card.workers, 3);
    EXPECT_EQ(card.state, "running");
    EXPECT_EQ(card.done, 10u);
    EXPECT_EQ(card.failed, 3u);
    EXPECT_THAT(card.names, ElementsAre("mail", "note"));
    EXPECT_THAT(card.running, IsEmpty());
  }
}

TEST_F(InstanceCardsTest, ACardCountsWhatEndedAtItsBrokerInTheLastMinute) {
  recent.add(1, 20, 4, systemClock().bootTime());
  const auto cards = make();
  EXPECT_EQ(cards[0].recent.done, 0u);
  EXPECT_EQ(cards[1].recent.done, 20u);
  EXPECT_EQ(cards[1].recent.failed, 4u);
  EXPECT_GE(cards[1].recent.within, 10s);
}

TEST_F(InstanceCardsTest, ACardHasTheRunningTasksOfItsBrokerTheOldestFirst) {
  const auto now = systemClock().bootTime();
  begin(0, 0, "late", now - 1s);
  begin(1, 0, "early", now - 10s, 2);
  begin(2, 1, "elsewhere", now - 5s);
  const auto cards = make();
  ASSERT_THAT(cards[0].running, SizeIs(2));
  EXPECT_EQ(cards[0].runningTasks, 2u);
  const auto& early = cards[0].running[0];
  EXPECT_EQ(early.id, "early");
  EXPECT_EQ(early.name, "mail");
  EXPECT_EQ(early.attempt, 3u);
  EXPECT_EQ(early.progress, 0.25);
  EXPECT_EQ(early.progressText, "page 1");
  EXPECT_LT(abs(systemClock().now() - 10s - early.began), 1s);
  EXPECT_EQ(cards[0].running[1].id, "late");
  EXPECT_EQ(cards[0].running[1].attempt, 1u);
  ASSERT_THAT(cards[1].running, SizeIs(1));
  EXPECT_EQ(cards[1].running[0].id, "elsewhere");
}

TEST_F(InstanceCardsTest, ACardTellsOfTheRunningTasksOfTheOtherBrokersToo) {
  const auto now = systemClock().bootTime();
  begin(0, 1, "there", now - 1s);
  begin(1, 1, "there too", now - 5s);
  const auto cards = make();
  EXPECT_THAT(cards[0].running, IsEmpty());
  ASSERT_THAT(cards[0].others, SizeIs(1));
  EXPECT_EQ(cards[0].others[0].broker, "side");
  EXPECT_EQ(cards[0].others[0].runningTasks, 2u);
  EXPECT_EQ(cards[0].others[0].running.at(0).id, "there too");
  EXPECT_THAT(cards[1].others, IsEmpty());
}

TEST_F(InstanceCardsTest, ProgressOfAnotherTaskIsNotShown) {
  begin(0, 0, "now", systemClock().bootTime());
  board->setTask(0, "before", "mail", systemClock().bootTime());
  EXPECT_EQ(make()[0].running.at(0).progressText, "");
}

}  // namespace
}  // namespace leptir::dispatcher
