#include "log/log_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace leptir::log {
namespace {

// Sets the time zone of the process for one test.
class LogLine : public testing::Test {
 protected:
  static void setZone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  void SetUp() override { setZone("UTC0"); }
  void TearDown() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

constexpr Time kMoment(std::chrono::seconds(1795451149) + std::chrono::microseconds(999999));

TEST_F(LogLine, HasTheFormatOfPhpLeptir) {
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "message"), "2026-11-23T16:25:49+00:00 INFO (6): message\n");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Error, ""), "2026-11-23T16:25:49+00:00 ERR (3): \n");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Warning, "w"), "2026-11-23T16:25:49+00:00 WARN (4): w\n");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Debug, "d"), "2026-11-23T16:25:49+00:00 DEBUG (7): d\n");
}

TEST_F(LogLine, UsesTheLocalTimeZone) {
  setZone("NPT-5:45");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "m"), "2026-11-23T22:10:49+05:45 INFO (6): m\n");
  setZone("NST3:30");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "m"), "2026-11-23T12:55:49-03:30 INFO (6): m\n");
}

TEST_F(LogLine, EscapesLineFeedsSoThatItStaysOneLine) {
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "a\nb\x1b[m"), "2026-11-23T16:25:49+00:00 INFO (6): a\\nb\\x1b[m\n");
}

}  // namespace
}  // namespace leptir::log
