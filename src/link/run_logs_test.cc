#include "link/run_logs.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string>

#include "link/link.h"
#include "link/run_log_layout.h"
#include "link/run_log_writer.h"

namespace leptir::link {
namespace {

std::string line(int number) {
  return "line " + std::to_string(number) + " of the run\n";
}

// The writer of slot 1 and the logs as other processes read them.
class RunLogsTest : public testing::Test {
 protected:
  LoggedRun run(std::uint32_t cell, std::uint64_t generation, std::string_view id = "task-1") const {
    return {.cell = cell, .generation = generation, .attempt = 2, .pid = ::getpid(), .id = id};
  }
  // Turns a cell into one whose worker died and whose task is not settled.
  void markDied(std::size_t cell) {
    const auto word = slot_.word(cell);
    ASSERT_TRUE(slot_.change(cell, word, word.to(CellState::Died, StopReason::Crash)));
  }

  RunLogs ofWorker_ = RunLogs::create();
  RunLogs logs_ = *RunLogs::ofMaster(::getpid());
  char* memory_ = ofWorker_.mapForWorker(1);
  Slot slot_ = *Slot::create();
  RunLogWriter writer_{memory_, slot_};
};

TEST_F(RunLogsTest, ARunThatLogsNothingHasNoLog) {
  writer_.beginRun(run(3, 7));
  EXPECT_FALSE(writer_.hasLines());
  EXPECT_FALSE(logs_.read(1, 3, 7));
  EXPECT_FALSE(logs_.readNewest(1, "task-1"));
}

TEST_F(RunLogsTest, LinesAreReadByOtherProcessesWhileTheRunGoesOn) {
  writer_.beginRun(run(3, 7));
  writer_.add(line(1));
  writer_.add(line(2));
  const auto log = logs_.read(1, 3, 7);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->first, line(1) + line(2));
  EXPECT_EQ(log->last, "");
  EXPECT_EQ(log->id, "task-1");
  EXPECT_EQ(log->attempt, 2u);
  EXPECT_EQ(log->pid, ::getpid());
  EXPECT_EQ(writer_.read().first, log->first);
  EXPECT_FALSE(logs_.read(1, 3, 8)) << "another run of the cell";
  EXPECT_FALSE(logs_.read(2, 3, 7)) << "another slot";
}

TEST_F(RunLogsTest, ALongLogKeepsItsFirstAndItsLastLinesAndCountsTheOthers) {
  writer_.beginRun(run(0, 1));
  std::string all;
  for (int i = 0; i < 20'000; ++i) {
    all += line(i);
    writer_.add(line(i));
  }
  const auto log = *logs_.read(1, 0, 1);
  EXPECT_TRUE(all.starts_with(log.first));
  EXPECT_TRUE(all.ends_with(log.last));
  EXPECT_GT(log.first.size(), kFirstLogBytes - 100);
  EXPECT_LE(log.first.size(), kFirstLogBytes);
  EXPECT_GT(log.last.size(), kLastLogBytes - 100);
  EXPECT_LE(log.last.size(), kLastLogBytes);
  EXPECT_TRUE(log.last.starts_with("line ")) << "only whole lines are left out";
  EXPECT_EQ(log.leftOutBytes, all.size() - log.first.size() - log.last.size());
  EXPECT_EQ(log.leftOutLines,
            static_cast<std::uint64_t>(std::ranges::count(all, '\n') - std::ranges::count(log.first, '\n') -
                                       std::ranges::count(log.last, '\n')));
}

TEST_F(RunLogsTest, TheNextRunReplacesTheLog) {
  writer_.beginRun(run(0, 1));
  writer_.add(line(1));
  writer_.beginRun(run(1, 1, "task-2"));
  writer_.add(line(2));
  EXPECT_FALSE(logs_.read(1, 0, 1));
  EXPECT_EQ(logs_.readNewest(1, "task-2")->first, line(2));
}

TEST_F(RunLogsTest, TheLogOfADeadWorkerStaysUntilItsTaskIsSettled) {
  writer_.beginRun(run(0, 0));
  writer_.add(line(1));
  markDied(0);
  writer_.beginRun(run(1, 0, "task-2"));
  writer_.add(line(2));
  EXPECT_EQ(logs_.read(1, 0, 0)->first, line(1));
  EXPECT_EQ(logs_.read(1, 1, 0)->first, line(2));
  slot_.change(0, slot_.word(0), slot_.word(0).freed());
  writer_.beginRun(run(2, 0, "task-3"));
  writer_.add(line(3));
  EXPECT_FALSE(logs_.read(1, 0, 0));
}

TEST_F(RunLogsTest, WhenMoreWorkersDieThanThereIsSpaceForTheNewestLogsStay) {
  for (std::uint32_t cell = 0; cell < 6; ++cell) {
    writer_.beginRun(run(cell, 0));
    writer_.add(line(static_cast<int>(cell)));
    markDied(cell);
  }
  for (std::uint32_t cell = 2; cell < 6; ++cell) EXPECT_TRUE(logs_.read(1, cell, 0)) << cell;
}

TEST_F(RunLogsTest, TheNewestOfSeveralRunsOfATaskIsFoundByItsId) {
  writer_.beginRun(run(0, 0));
  writer_.add(line(1));
  markDied(0);
  writer_.beginRun(run(1, 0));
  writer_.add(line(2));
  EXPECT_EQ(logs_.readNewest(1, "task-1")->first, line(2));
}

TEST_F(RunLogsTest, AForkedCopyOfTheWorkerAddsNothing) {
  writer_.beginRun(run(0, 0));
  writer_.add(line(1));
  const auto child = ::fork();
  if (child == 0) {
    writer_.add(line(2));
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(logs_.read(1, 0, 0)->first, line(1));
}

TEST_F(RunLogsTest, MemoryThatATaskHasOverwrittenHarmsNoReaderAndNoWriter) {
  for (const int value : {0xff, 0x7f, 0x01, 0x00}) {
    for (std::size_t from = 0; from < sizeof(RunLogHead); from += 4) {
      writer_.beginRun(run(0, 0));
      for (int i = 0; i < 1'000; ++i) writer_.add(std::string(100, 'x') + "\n");
      std::memset(memory_ + from, value, 4);
      (void)logs_.read(1, 0, 0);
      (void)logs_.readNewest(1, "task-1");
      (void)writer_.read();
      writer_.add(line(1));
      std::memset(memory_, 0, sizeof(RunLogHead));
    }
  }
}

TEST_F(RunLogsTest, WithoutMemoryNothingIsKept) {
  RunLogWriter writer(nullptr, slot_);
  writer.beginRun(run(0, 0));
  writer.add(line(1));
  EXPECT_FALSE(writer.hasLines());
  EXPECT_EQ(writer.read().first, "");
}

TEST(RunLogs, AProcessThatIsGoneOrNoMasterHasNone) {
  EXPECT_EQ(RunLogs::ofMaster(::getpid()).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(RunLogs::ofMaster(0x7fff'fff0).error().code(), ErrorCode::NotFound);
}

// Whether the slots in front of `slots` have logs under a limit on file sizes, and the others have none.
bool keepsLogsOfSlots(rlim_t limitOnFileSizes, int slots) {
  const auto child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{limitOnFileSizes, limitOnFileSizes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool hasAll = slots == 0 || RunLogs::create().mapForWorker(slots - 1) != nullptr;
    auto logs = RunLogs::create();
    const bool hasLog = logs.read(slots, 0, 0).has_value();
    ::_exit(hasAll && !hasLog && logs.mapForWorker(slots) == nullptr ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

TEST(RunLogs, UnderALimitOnFileSizesTheFirstSlotsHaveLogs) {
  EXPECT_TRUE(keepsLogsOfSlots(3 * kRunLogSlotBytes + 1, 3));
  EXPECT_TRUE(keepsLogsOfSlots(kRunLogSlotBytes - 1, 0));
  EXPECT_TRUE(keepsLogsOfSlots(0, 0));
}

}  // namespace
}  // namespace leptir::link
