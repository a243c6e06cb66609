#include "link/slot.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "link/cell_scan.h"
#include "tests/support/mapping_flags.h"

namespace leptir::link {

// Overwrites the part of a slot that a worker can write, as a faulty task would. First come the state words, then the
// outcome headers.
struct SlotVandal {
  static char* workerPart(Slot& slot) { return slot.memory_.get(); }
  static OutcomeHeader& outcome(Slot& slot, std::size_t cell) {
    return reinterpret_cast<OutcomeHeader*>(workerPart(slot) + kCells * 8)[cell];
  }
};

namespace {

using namespace std::chrono_literals;

Assignment assignmentOf(std::string_view envelope, std::uint64_t sequence = 1) {
  Assignment assignment;
  assignment.sequence = sequence;
  assignment.broker = 2;
  assignment.epoch = 3;
  assignment.lease = {44, "handle"};
  assignment.counters = {.failures = 1, .crashes = 2, .expiries = 3, .unknown = 4};
  assignment.timeLimit = 5s;
  assignment.assigned = BootTime(6s);
  assignment.envelope = envelope;
  return assignment;
}

void assign(Slot& slot, std::size_t cell, std::string_view envelope = "{}", std::uint64_t sequence = 1) {
  ASSERT_TRUE(slot.assignments().write(cell, assignmentOf(envelope, sequence)));
  ASSERT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(CellState::Assigned)));
}

void finish(Slot& slot, std::size_t cell, std::string_view outcome) {
  ASSERT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(CellState::Executing)));
  slot.outcomes().beginRun(cell, BootTime(7s));
  ASSERT_TRUE(slot.outcomes().write(cell, outcome));
  ASSERT_TRUE(slot.change(cell, slot.word(cell), slot.word(cell).to(CellState::Done)));
}

class SlotTest : public ::testing::Test {
 protected:
  Slot slot = std::move(*Slot::create());
};

TEST_F(SlotTest, HasOnlyFreeCellsAtFirst) {
  for (std::size_t cell = 0; cell < kCells; ++cell) EXPECT_EQ(slot.word(cell), CellWord{});
  const auto scan = scanCells(slot);
  EXPECT_FALSE(scan.firstAssigned);
  EXPECT_FALSE(scan.running);
  EXPECT_TRUE(scan.sane);
}

TEST_F(SlotTest, ReadsAnAssignmentAsItWasWritten) {
  assign(slot, 17, R"({"cn":"noop"})");
  const auto read = slot.assignments().read(17);
  const auto written = assignmentOf(R"({"cn":"noop"})");
  EXPECT_EQ(read.sequence, written.sequence);
  EXPECT_EQ(read.broker, written.broker);
  EXPECT_EQ(read.epoch, written.epoch);
  EXPECT_EQ(read.lease, written.lease);
  EXPECT_EQ(read.counters, written.counters);
  EXPECT_EQ(read.timeLimit, written.timeLimit);
  EXPECT_EQ(read.assigned, written.assigned);
  EXPECT_EQ(read.envelope, written.envelope);
}

TEST_F(SlotTest, HoldsTheLargestEnvelopeThatABrokerTakes) {
  std::string largest(kMaxEnvelopeBytes, 'e');
  largest.back() = '!';
  ASSERT_TRUE(AssignmentArea::needsLargeArea(6, largest.size()));
  assign(slot, 3, largest);
  EXPECT_EQ(slot.assignments().read(3).envelope, largest);
}

TEST_F(SlotTest, KnowsToTheByteWhatFitsACell) {
  EXPECT_FALSE(AssignmentArea::needsLargeArea(6, kCellBodyBytes - 6));
  EXPECT_TRUE(AssignmentArea::needsLargeArea(6, kCellBodyBytes - 5));
  const std::string full(kCellBodyBytes - 6, 'a'), neighbour(kCellBodyBytes - 6, 'b');
  assign(slot, 3, full);
  assign(slot, 4, neighbour);
  EXPECT_EQ(slot.assignments().read(3).envelope, full);
  EXPECT_EQ(slot.assignments().read(4).envelope, neighbour);
}

TEST_F(SlotTest, RefusesAnEnvelopeThatIsTooLargeForTheLargeArea) {
  const auto refused = slot.assignments().write(0, assignmentOf(std::string(kLargeBodyBytes, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TooLarge);
}

TEST_F(SlotTest, RefusesALateChangeAboutAnEarlierTaskOfTheCell) {
  assign(slot, 0);
  const auto early = slot.word(0);
  ASSERT_TRUE(slot.change(0, early, early.freed()));
  assign(slot, 0);
  EXPECT_FALSE(slot.change(0, early, early.to(CellState::Executing)));
  EXPECT_EQ(slot.word(0).state, CellState::Assigned);
}

TEST_F(SlotTest, RefusesDoneOnceTheMasterIsStoppingTheTask) {
  assign(slot, 0);
  const auto assigned = slot.word(0);
  const auto executing = assigned.to(CellState::Executing);
  ASSERT_TRUE(slot.change(0, assigned, executing));
  ASSERT_TRUE(slot.change(0, executing, executing.to(CellState::Stopping, StopReason::TimeLimit)));
  EXPECT_FALSE(slot.change(0, executing, executing.to(CellState::Done)));
  EXPECT_EQ(scanCells(slot).running.value().cell, 0u);
}

TEST_F(SlotTest, ReadsAnOutcomeAndWhenItsRunBegan) {
  assign(slot, 9);
  finish(slot, 9, "it went well");
  EXPECT_EQ(slot.outcomes().read(9).value(), "it went well");
  EXPECT_EQ(slot.outcomes().startedBoot(9), BootTime(7s));
}

TEST_F(SlotTest, KeepsALargeOutcomeUntilItsCellIsFreed) {
  const std::string first(kCellBodyBytes + 1, 'a'), second(kLargeBodyBytes, 'b');
  assign(slot, 0);
  finish(slot, 0, first);
  assign(slot, 1);
  ASSERT_TRUE(slot.change(1, slot.word(1), slot.word(1).to(CellState::Executing)));
  EXPECT_FALSE(slot.outcomes().write(1, second)) << "the first outcome occupies the large area until it is settled";
  EXPECT_TRUE(slot.outcomes().write(1, "a small outcome"));
  EXPECT_EQ(slot.outcomes().read(0).value(), first);

  ASSERT_TRUE(slot.change(0, slot.word(0), slot.word(0).freed()));
  EXPECT_TRUE(slot.outcomes().write(1, second));
  EXPECT_EQ(slot.outcomes().read(1).value(), second);
}

TEST_F(SlotTest, FreesTheLargeAreaOfAWorkerThatDiedWhileItWroteThere) {
  assign(slot, 0);
  const auto assigned = slot.word(0);
  ASSERT_TRUE(slot.change(0, assigned, assigned.to(CellState::Executing)));
  ASSERT_TRUE(slot.outcomes().write(0, std::string(kCellBodyBytes + 1, 'a')));
  ASSERT_TRUE(slot.change(0, slot.word(0), slot.word(0).to(CellState::Died, StopReason::Crash)));
  ASSERT_TRUE(slot.change(0, slot.word(0), slot.word(0).freed()));
  assign(slot, 1);
  finish(slot, 1, std::string(kCellBodyBytes + 1, 'b'));
}

TEST_F(SlotTest, RejectsAnOutcomeWithAWrongSizeOrChecksum) {
  assign(slot, 0);
  finish(slot, 0, "sound");
  auto& header = SlotVandal::outcome(slot, 0);
  const auto sound = header;

  for (const std::uint32_t bytes : {0u, 4u, 6u, 65537u, 0x7fffffffu, 0xffffffffu}) {
    header = sound;
    header.bytes = bytes;
    EXPECT_FALSE(slot.outcomes().read(0)) << bytes;
    header.large = 0xff;
    EXPECT_FALSE(slot.outcomes().read(0)) << bytes << " large";
  }
  header = sound;
  header.checksum ^= 1;
  ASSERT_FALSE(slot.outcomes().read(0));
  EXPECT_EQ(slot.outcomes().read(0).error().code(), ErrorCode::Corrupt);
  header = sound;
  EXPECT_TRUE(slot.outcomes().read(0));
}

TEST_F(SlotTest, SurvivesRandomBytesInAllThatAWorkerCanWrite) {
  std::mt19937_64 random(20261123);
  constexpr std::size_t kNoise = kCells * (8 + sizeof(OutcomeHeader)) + 256;
  for (int round = 0; round < 50; ++round) {
    for (std::size_t i = 0; i < kNoise; i += 8) {
      const auto noise = random();
      std::memcpy(SlotVandal::workerPart(slot) + i, &noise, 8);
    }
    for (std::size_t cell = 0; cell < kCells; cell += 31) (void)slot.outcomes().read(cell);
    (void)scanCells(slot);
    const auto [fraction, text] = slot.readProgress();
    EXPECT_TRUE(fraction >= 0 && fraction <= 1) << fraction;
    EXPECT_LE(text.size(), 116u);
  }
}

TEST_F(SlotTest, OverwrittenStateWordsDoNotBlockTheLargeAreaForEver) {
  assign(slot, 0);
  finish(slot, 0, std::string(kCellBodyBytes + 1, 'a'));
  std::memset(SlotVandal::workerPart(slot), 0, kCells * 8);
  assign(slot, 1);
  finish(slot, 1, std::string(kCellBodyBytes + 1, 'b'));
}

TEST_F(SlotTest, FindsTheFirstAssignedCellAlsoWhenTheRingWrapped) {
  assign(slot, kCells - 1, "{}", 100);
  assign(slot, 0, "{}", 101);
  assign(slot, 1, "{}", 102);
  EXPECT_EQ(scanCells(slot).firstAssigned, kCells - 1);
  finish(slot, kCells - 1, "done");
  EXPECT_EQ(scanCells(slot).firstAssigned, 0u);
}

TEST_F(SlotTest, ClampsProgressAndCutsItsText) {
  slot.writeProgress(7.5, std::string(1000, 't'));
  EXPECT_EQ(slot.readProgress(), std::make_pair(1.0, std::string(115, 't')));
  slot.writeProgress(-1, "");
  EXPECT_EQ(slot.readProgress(), std::make_pair(0.0, std::string()));
}

TEST_F(SlotTest, NeverReadsAHalfWrittenProgress) {
  std::atomic<bool> over{false};
  std::thread writer([&] {
    for (int i = 0; !over; ++i) slot.writeProgress((i % 2) / 2.0, std::string(100, i % 2 ? 'b' : 'a'));
  });
  for (int i = 0; i < 20'000; ++i) {
    const auto [fraction, text] = slot.readProgress();
    if (text.empty()) continue;  // nothing is written yet, or each attempt met a write
    ASSERT_EQ(text, std::string(100, fraction > 0 ? 'b' : 'a'));
  }
  over = true;
  writer.join();
}

// One thread begins the task as a worker, another takes it back as the dispatcher: exactly one of them succeeds.
TEST_F(SlotTest, ATaskEitherBeginsOrIsTakenBackBetweenThreads) {
  constexpr int kRounds = 20'000;
  std::atomic<int> round{0}, finished{0};
  std::atomic<int> begun{0}, takenBack{0};
  const auto side = [&](auto move) {
    for (int next = 1; next <= kRounds; ++next) {
      while (round.load() != next) std::this_thread::yield();
      move();
      ++finished;
    }
  };
  const auto word = [&] { return slot.word(0); };
  std::thread worker(side, [&] {
    if (auto now = word(); now.state == CellState::Assigned && slot.change(0, now, now.to(CellState::Executing)))
      ++begun;
  });
  std::thread dispatcher(side, [&] {
    if (auto now = word(); now.state == CellState::Assigned && slot.change(0, now, now.freed())) ++takenBack;
  });
  for (int next = 1; next <= kRounds; ++next) {
    assign(slot, 0);
    finished = 0;
    round = next;
    while (finished != 2) std::this_thread::yield();
    ASSERT_EQ(begun + takenBack, next);
    if (word().state != CellState::Free) slot.change(0, word(), word().freed());
  }
  worker.join();
  dispatcher.join();
}

TEST_F(SlotTest, ATaskEitherBeginsOrIsTakenBackBetweenProcesses) {
  for (std::size_t cell = 0; cell < kCells; ++cell) assign(slot, cell);
  const pid_t worker = ::fork();
  if (worker == 0) {
    for (std::size_t cell = 0; cell < kCells; ++cell) {
      const auto now = slot.word(cell);
      if (now.state != CellState::Assigned || !slot.change(cell, now, now.to(CellState::Executing)))
        ::_exit(static_cast<int>(cell % 250));
      slot.outcomes().write(cell, std::to_string(cell));
      if (!slot.change(cell, slot.word(cell), slot.word(cell).to(CellState::Done))) ::_exit(251);
    }
    ::_exit(250);
  }
  std::size_t left = kCells;
  while (left > 0) {  // the dispatcher takes back from the end until it meets the worker
    const auto now = slot.word(left - 1);
    if (now.state != CellState::Assigned || !slot.change(left - 1, now, now.freed())) break;
    --left;
  }
  int status = 0;
  ASSERT_EQ(::waitpid(worker, &status, 0), worker);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_NE(WEXITSTATUS(status), 251);
  for (std::size_t cell = 0; cell < kCells; ++cell) {
    if (cell < left) {
      EXPECT_EQ(slot.outcomes().read(cell).value(), std::to_string(cell));
    }
    EXPECT_EQ(slot.word(cell).state, cell < left ? CellState::Done : CellState::Free) << cell;
  }
}

TEST(Slot, IsExcludedFromCoreFiles) {
  auto slot = Slot::create().value();
  EXPECT_TRUE(isExcludedFromCoreFiles(&slot.crashReport()));
}

TEST(Slot, ListsTheProcessesThatTasksLeftBehindOnPurpose) {
  auto slot = Slot::create().value();
  EXPECT_TRUE(slot.readKeptDescendants().empty());
  std::vector<base::ProcessInfo> processes(Slot::kMaxKeptDescendants + 1,
                                           base::ProcessInfo{.pid = 7, .session = 8, .startTicks = 9});
  slot.writeKeptDescendants(processes);
  ASSERT_EQ(slot.readKeptDescendants().size(), Slot::kMaxKeptDescendants);
  EXPECT_EQ(slot.readKeptDescendants().back(), processes[0]);
  slot.writeKeptDescendants({});
  EXPECT_TRUE(slot.readKeptDescendants().empty());
}

}  // namespace
}  // namespace leptir::link
