// The slot table when dispatchers die one after the other while they settle a task.
#include "dispatcher/slot_table.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/run_log_writer.h"
#include "task/outcome_codec.h"

namespace leptir::dispatcher {
namespace {

class SlotTableTest : public ::testing::Test {
 protected:
  // Makes `count` cells of tasks that have ended, as a dispatcher and a worker leave them, in this order of assignment.
  void haveEnded(std::size_t count) { haveEnded(slot, 0, count); }
  static void haveEnded(link::Slot& slot, std::size_t first, std::size_t count) {
    for (std::size_t cell = first; cell < first + count; ++cell) {
      link::Assignment assignment;
      assignment.sequence = cell + 1;
      assignment.envelope = "envelope";
      ASSERT_TRUE(slot.assignments().write(cell, assignment));
      for (const auto state : {link::CellState::Assigned, link::CellState::Executing}) {
        ASSERT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(state)));
      }
      std::string outcome;
      task::encodeOutcome({.status = ExitStatus::Success, .response = "said", .additional = R"({"a":1})"}, outcome);
      slot.outcomes().beginRun(cell, BootTime(std::chrono::seconds(1)), 77);
      ASSERT_TRUE(slot.outcomes().write(cell, outcome));
      ASSERT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(link::CellState::Done)));
    }
  }
  void startDispatcher() {
    tracker = std::make_unique<SlotTracker>(link->workers());
    table = std::make_unique<SlotTable>(*link, *tracker, systemClock());
    for (const auto& event : table->adopt()) {
      const auto& found = std::get<event::CellFound>(event);
      tracker->adopt(found.cell, {}, found.begun, false);
    }
  }
  std::vector<Event> collectEnded() {
    std::vector<Event> events;
    table->collectEnded(events);
    for (const auto& event : events) tracker->markEnded(cellOf(event));
    return events;
  }
  void free(CellRef cell) {
    tracker->markFreed(cell);
    table->freeCell(cell);
  }
  static CellRef cellOf(const Event& event) {
    const auto* unsettlable = std::get_if<event::CellUnsettlable>(&event);
    return unsettlable != nullptr ? unsettlable->cell : done(event).cell;
  }
  static const event::CellDone& done(const Event& event) { return std::get<event::CellDone>(event); }

  std::unique_ptr<link::Link> link = link::Link::create(2).value();
  link::Slot& slot = link->slot(0);
  std::unique_ptr<SlotTracker> tracker;  // as the core's
  std::unique_ptr<SlotTable> table;
};

TEST_F(SlotTableTest, ReportsTheProcessThatRanATask) {
  haveEnded(1);
  startDispatcher();
  EXPECT_EQ(done(collectEnded().at(0)).pid, 77);
}

TEST_F(SlotTableTest, CollectsOneTaskAtATimeAfterTwoDispatchersDiedWhileSettlingThem) {
  haveEnded(3);
  for (int death = 0; death < 2; ++death) {
    startDispatcher();
    EXPECT_EQ(collectEnded().size(), 3u);
  }
  startDispatcher();
  for (std::size_t cell = 0; cell < 3; ++cell) {
    const auto events = collectEnded();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(done(events[0]).cell.cell, cell);
    EXPECT_EQ(done(events[0]).outcome->response, "said");
    EXPECT_TRUE(collectEnded().empty()) << "until it is settled";
    free(done(events[0]).cell);
  }
  haveEnded(3);
  EXPECT_EQ(collectEnded().size(), 0u) << "not assigned by this dispatcher";
  startDispatcher();
  EXPECT_EQ(collectEnded().size(), 3u) << "the cells have new tasks";
}

TEST_F(SlotTableTest, CollectsNoOtherTaskWhileASuspectWaitsToBeSettledAlone) {
  auto& suspects = link->slot(1);
  haveEnded(suspects, 0, 1);
  for (int death = 0; death < 2; ++death) {
    startDispatcher();
    collectEnded();
  }
  haveEnded(2);
  const auto second = slot.word(1);
  ASSERT_TRUE(slot.change(1, second, second.to(link::CellState::Executing)));
  startDispatcher();
  auto events = collectEnded();
  ASSERT_EQ(events.size(), 1u);
  ASSERT_TRUE(slot.change(1, slot.word(1), second));
  EXPECT_TRUE(collectEnded().empty()) << "otherwise the suspect would wait for as long as other tasks end";
  free(done(events[0]).cell);
  events = collectEnded();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(done(events[0]).cell.slot, 1);
  EXPECT_TRUE(collectEnded().empty());
  free(done(events[0]).cell);
  EXPECT_EQ(collectEnded().size(), 1u);
}

TEST_F(SlotTableTest, DropsTheOutputAndAtLastTheWholeOutcomeOfATaskThatCrashesDispatchers) {
  haveEnded(2);
  for (int dispatcher = 0; dispatcher < 6; ++dispatcher) {
    startDispatcher();
    const auto events = collectEnded();
    ASSERT_EQ(events.size(), dispatcher < 2 ? 2u : 1u);
    EXPECT_EQ(done(events[0]).cell.cell, 0u) << "the suspect";
    EXPECT_EQ(done(events[0]).outcome->additional.empty(), dispatcher >= 4);
    EXPECT_EQ(done(events[0]).outcome->response,
              dispatcher < 4 ? "said"
                             : "[Response, result and stderr of this run are left out: dispatchers died while they "
                               "saved them.]");
    EXPECT_EQ(done(events[0]).outcome->status, ExitStatus::Success);
  }
  startDispatcher();
  const auto events = collectEnded();
  ASSERT_EQ(events.size(), 1u);
  const auto& poison = std::get<event::CellUnsettlable>(events[0]);
  EXPECT_EQ(poison.cell.cell, 0u);
  EXPECT_EQ(poison.deaths, 6u);
  EXPECT_EQ(poison.pid, 77);
  free(poison.cell);
  EXPECT_EQ(done(collectEnded().at(0)).outcome->response, "said") << "the other task keeps its output";
}

TEST_F(SlotTableTest, SuspectsNoTaskThatWaitedForAnUnavailableStore) {
  haveEnded(2);
  for (int dispatcher = 0; dispatcher < 10; ++dispatcher) {
    startDispatcher();
    const auto events = collectEnded();
    ASSERT_EQ(events.size(), 2u) << dispatcher;
    for (const auto& event : events) {
      EXPECT_EQ(done(event).outcome->additional, R"({"a":1})");
      table->forgetSettleStarts(done(event).cell);
    }
  }
}

TEST_F(SlotTableTest, CollectsOtherTasksWhileASuspectWaitsForAStore) {
  auto& other = link->slot(1);
  haveEnded(1);
  haveEnded(other, 0, 1);
  const auto ended = other.word(0);
  ASSERT_TRUE(other.change(0, ended, ended.to(link::CellState::Executing)));
  for (int death = 0; death < 2; ++death) {
    startDispatcher();
    collectEnded();
  }
  startDispatcher();
  const auto alone = collectEnded();
  ASSERT_EQ(alone.size(), 1u);
  ASSERT_TRUE(other.change(0, other.word(0), ended));
  EXPECT_TRUE(collectEnded().empty());
  table->forgetSettleStarts(done(alone[0]).cell);
  EXPECT_EQ(collectEnded().size(), 1u);
}

TEST_F(SlotTableTest, SuspectsNoTaskThatADispatcherLeftAtAHandover) {
  haveEnded(2);
  for (int reload = 0; reload < 10; ++reload) {
    startDispatcher();
    EXPECT_EQ(collectEnded().size(), 2u);
    slot.assignments().forgetAllSettleStarts();
  }
}

TEST_F(SlotTableTest, TheLogOfADeadWorkerIsInItsVerdict) {
  const auto word = slot.word(0);
  link::Assignment assignment;
  assignment.sequence = 1;
  ASSERT_TRUE(slot.assignments().write(0, assignment));
  ASSERT_TRUE(slot.change(0, word, word.to(link::CellState::Executing)));
  const auto child = ::fork();
  if (child == 0) {
    if (!link->confineToWorker(0)) ::_exit(1);
    link::RunLogWriter writer(link->ownRunLog(), slot);
    writer.beginRun({.cell = 0, .generation = word.generation, .attempt = 1, .pid = ::getpid(), .id = "t1"});
    writer.add("1795462346.667348 info a line\n");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(slot.change(0, slot.word(0), word.to(link::CellState::Died, link::StopReason::Crash)));
  startDispatcher();
  std::vector<Event> events;
  table->collectEnded(events);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(std::get<event::CellDied>(events[0]).verdict.log, "1795462346.667348 info a line\n");
}

}  // namespace
}  // namespace leptir::dispatcher
