#include "link/verdict_area.h"

#include <gtest/gtest.h>

#include "link/slot.h"

namespace leptir::link {
namespace {

using namespace std::chrono_literals;

class VerdictAreaTest : public ::testing::Test {
 protected:
  Slot slot = std::move(*Slot::create());
};

TEST_F(VerdictAreaTest, ReadsAVerdictWithTheReasonInTheStateWord) {
  ASSERT_TRUE(slot.change(5, slot.word(5), slot.word(5).to(CellState::Executing)));
  const auto stopping = slot.word(5).to(CellState::Stopping, StopReason::TimeLimit);
  ASSERT_TRUE(slot.change(5, slot.word(5), stopping));
  slot.verdicts().write(
      5, {.started = BootTime(1s), .ended = BootTime(2s), .pid = 7, .signal = 9, .cpuTime = 3s, .maxRss = 4096});
  ASSERT_TRUE(slot.change(5, stopping, stopping.to(CellState::Died, StopReason::TimeLimit)));
  const auto verdict = slot.verdicts().read(5);
  EXPECT_EQ(verdict.reason, StopReason::TimeLimit);
  EXPECT_EQ(verdict.started, BootTime(1s));
  EXPECT_EQ(verdict.ended, BootTime(2s));
  EXPECT_EQ(verdict.pid, 7);
  EXPECT_EQ(verdict.signal, 9);
  EXPECT_EQ(verdict.exitCode, 0);
  EXPECT_EQ(verdict.cpuTime, 3s);
  EXPECT_EQ(verdict.maxRss, 4096u);
}

TEST_F(VerdictAreaTest, ASymbolizedStackIsReadWithItsVerdict) {
  slot.verdicts().write(3, {.ended = BootTime(10s), .crashReportKind = CrashReportKind::Exception, .stderrTo = 7});
  slot.verdicts().beginSymbolizing(3);
  EXPECT_TRUE(slot.verdicts().isSymbolizing(3, BootTime(11s)));
  EXPECT_FALSE(slot.verdicts().isSymbolizing(3, BootTime(14s))) << "the dispatcher does not wait for ever";
  slot.verdicts().writeSymbolizedStack(
      3, encodeSymbolizedStack("std::logic_error: two\nlines", {"first at a.cc:1", "second"}));
  slot.verdicts().endSymbolizing(3);
  EXPECT_FALSE(slot.verdicts().isSymbolizing(3, BootTime(11s)));
  const auto verdict = slot.verdicts().read(3);
  EXPECT_EQ(verdict.crashReportKind, CrashReportKind::Exception);
  EXPECT_EQ(verdict.stderrTo, 7u);
  EXPECT_EQ(verdict.exception, "std::logic_error: two lines");
  EXPECT_EQ(verdict.stack, (std::vector<std::string>{"first at a.cc:1", "second"}));
  slot.verdicts().write(3, {});
  EXPECT_TRUE(slot.verdicts().read(3).stack.empty()) << "the next verdict of this cell has no stack";
}

TEST_F(VerdictAreaTest, ASymbolizedStackMayHaveNoException) {
  slot.verdicts().write(0, {});
  slot.verdicts().writeSymbolizedStack(0, encodeSymbolizedStack("", {"only"}));
  EXPECT_EQ(slot.verdicts().read(0).exception, "");
  EXPECT_EQ(slot.verdicts().read(0).stack, (std::vector<std::string>{"only"}));
}

TEST_F(VerdictAreaTest, ALongStackIsCutAndSaysSo) {
  slot.verdicts().write(0, {});
  slot.verdicts().writeSymbolizedStack(
      0, encodeSymbolizedStack("", std::vector<std::string>(100, std::string(1000, 'f'))));
  const auto stack = slot.verdicts().read(0).stack;
  ASSERT_EQ(stack.size(), 17u);
  EXPECT_EQ(stack[15], std::string(1000, 'f'));
  EXPECT_EQ(stack[16], "… (cut)");
}

}  // namespace
}  // namespace leptir::link
