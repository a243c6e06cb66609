#include "log/log_line.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace leptir {
namespace {

// Sets the process's zone for one test.
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

  // What stands after the time and level.
  static std::string escaped(std::string_view message) {
    const auto line = formatLogLine(Time{}, LogLevel::Info, message);
    constexpr std::size_t kHead = sizeof("1970-01-01T00:00:00+00:00 INFO (6): ") - 1;
    return line.substr(kHead, line.size() - kHead - 1);
  }
};

constexpr Time kMoment(std::chrono::seconds(1795451149) + std::chrono::microseconds(999999));

TEST_F(LogLine, HasTheFormOfTheSeed) {
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "message"), "2026-11-23T16:25:49+00:00 INFO (6): message\n");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Error, ""), "2026-11-23T16:25:49+00:00 ERR (3): \n");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Warning, "w"), "2026-11-23T16:25:49+00:00 WARN (4): w\n");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Debug, "d"), "2026-11-23T16:25:49+00:00 DEBUG (7): d\n");
}

TEST_F(LogLine, SpeaksTheLocalZone) {
  setZone("NPT-5:45");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "m"), "2026-11-23T22:10:49+05:45 INFO (6): m\n");
  setZone("NST3:30");
  EXPECT_EQ(formatLogLine(kMoment, LogLevel::Info, "m"), "2026-11-23T12:55:49-03:30 INFO (6): m\n");
}

TEST_F(LogLine, KeepsTextOfEveryLanguage) {
  EXPECT_EQ(escaped("底板 🦋 čaj ~ Leptir\\Task"), "底板 🦋 čaj ~ Leptir\\Task");
}

TEST_F(LogLine, EscapesWhatBeginsALineOrSteersATerminal) {
  EXPECT_EQ(escaped("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escaped("\x1b[31mred\x7f"), "\\x1b[31mred\\x7f");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(escaped("\xc2\x9b"
                    "31m"),
            "\\u009b31m");
  EXPECT_EQ(escaped("\xe2\x80\xa8\xe2\x80\xae"), "\\u2028\\u202e");
}

TEST_F(LogLine, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(escaped("a\x9b\xff\xe5\xba"), "a\\x9b\\xff\\xe5\\xba");
}

}  // namespace
}  // namespace leptir
