#include "link/crash_report.h"

#include <gtest/gtest.h>

#include <cstring>

#include "link/slot.h"

namespace leptir::link {
namespace {

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
  ASSERT_TRUE(copyCrashReport(slot.crashReport(), 42));
  EXPECT_EQ(copyCrashReport(slot.crashReport(), 42)->addresses[1], 0x1234u);
  EXPECT_FALSE(copyCrashReport(slot.crashReport(), 43))
      << "this worker wrote none; the slot has that of another worker";
  slot.crashReport().kind = CrashReportKind::None;
  EXPECT_FALSE(copyCrashReport(slot.crashReport(), 42));
}

TEST_F(CrashReportTest, HasItsSizesAndTextsCutToWhatFits) {
  auto& words = writeReport(CrashReportKind::Exception);
  words.frames = words.mapsBytes = 0xffff'ffff;
  std::memset(words.exceptionType, 'A', kCrashTextBytes);
  std::memset(words.exceptionText, 'B', kCrashTextBytes);
  const auto report = copyCrashReport(slot.crashReport(), 42);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->frames, kMaxCrashFrames);
  EXPECT_EQ(report->mapsBytes, kCrashMapsBytes);
  EXPECT_EQ(std::strlen(report->exceptionType), kCrashTextBytes - 1);
  EXPECT_EQ(std::strlen(report->exceptionText), kCrashTextBytes - 1);
  writeReport(static_cast<CrashReportKind>(77));
  EXPECT_FALSE(copyCrashReport(slot.crashReport(), 42));
}

}  // namespace
}  // namespace leptir::link
