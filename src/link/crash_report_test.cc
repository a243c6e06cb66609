#include "link/crash_report.h"

#include <gtest/gtest.h>

#include <cstring>

#include "link/slot.h"

namespace leptir::link {
namespace {

using namespace std::chrono_literals;

class CrashReportTest : public ::testing::Test {
 protected:
  CrashReport& writeReport(CrashReportKind kind) {
    auto& words = slot.crashReport();
    words.pid = 42;
    words.kind = kind;
    return words;
  }
  Slot slot = std::move(*Slot::create());
};

TEST_F(CrashReportTest, IsReturnedOnlyForTheWorkerThatWroteIt) {
  auto& words = writeReport(CrashReportKind::Signal);
  words.frames = 2;
  words.addresses[1] = 0x1234;
  ASSERT_TRUE(slot.copyCrashReport(42));
  EXPECT_EQ(slot.copyCrashReport(42)->addresses[1], 0x1234u);
  EXPECT_FALSE(slot.copyCrashReport(43)) << "this worker wrote none; the slot has that of another worker";
  slot.clearCrashReport();
  EXPECT_FALSE(slot.copyCrashReport(42));
}

TEST_F(CrashReportTest, HasItsSizesAndTextsCutToWhatFits) {
  auto& words = writeReport(CrashReportKind::Exception);
  words.frames = words.mapsBytes = 0xffff'ffff;
  std::memset(words.exceptionType, 'A', kCrashTextBytes);
  std::memset(words.exceptionText, 'B', kCrashTextBytes);
  const auto report = slot.copyCrashReport(42);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->frames, kMaxCrashFrames);
  EXPECT_EQ(report->mapsBytes, kCrashMapsBytes);
  EXPECT_EQ(std::strlen(report->exceptionType), kCrashTextBytes - 1);
  EXPECT_EQ(std::strlen(report->exceptionText), kCrashTextBytes - 1);
  writeReport(static_cast<CrashReportKind>(77));
  EXPECT_FALSE(slot.copyCrashReport(42));
}

TEST_F(CrashReportTest, ASymbolizedStackIsReadWithItsVerdict) {
  slot.writeVerdict(3, {.ended = BootTime(10s), .crashReport = CrashReportKind::Exception, .stderrTo = 7});
  slot.beginSymbolizing(3);
  EXPECT_TRUE(slot.isSymbolizing(3, BootTime(11s)));
  EXPECT_FALSE(slot.isSymbolizing(3, BootTime(14s))) << "the dispatcher does not wait for ever";
  slot.writeSymbolizedStack(3, encodeSymbolizedStack("std::logic_error: two\nlines", {"first at a.cc:1", "second"}));
  slot.endSymbolizing(3);
  EXPECT_FALSE(slot.isSymbolizing(3, BootTime(11s)));
  const auto verdict = slot.readVerdict(3);
  EXPECT_EQ(verdict.crashReport, CrashReportKind::Exception);
  EXPECT_EQ(verdict.stderrTo, 7u);
  EXPECT_EQ(verdict.exception, "std::logic_error: two lines");
  EXPECT_EQ(verdict.stack, (std::vector<std::string>{"first at a.cc:1", "second"}));
  slot.writeVerdict(3, {});
  EXPECT_TRUE(slot.readVerdict(3).stack.empty()) << "the next verdict of this cell has no stack";
}

TEST_F(CrashReportTest, ASymbolizedStackMayHaveNoException) {
  slot.writeVerdict(0, {});
  slot.writeSymbolizedStack(0, encodeSymbolizedStack("", {"only"}));
  EXPECT_EQ(slot.readVerdict(0).exception, "");
  EXPECT_EQ(slot.readVerdict(0).stack, (std::vector<std::string>{"only"}));
}

TEST_F(CrashReportTest, ALongStackIsCutAndSaysSo) {
  slot.writeVerdict(0, {});
  slot.writeSymbolizedStack(0, encodeSymbolizedStack("", std::vector<std::string>(100, std::string(1000, 'f'))));
  const auto stack = slot.readVerdict(0).stack;
  ASSERT_EQ(stack.size(), 17u);
  EXPECT_EQ(stack[15], std::string(1000, 'f'));
  EXPECT_EQ(stack[16], "… (cut)");
}

}  // namespace
}  // namespace leptir::link
