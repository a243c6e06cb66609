#include "top/task_report.h"

#include <gmock/gmock.h>

namespace leptir::top {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Time kSecond{std::chrono::seconds(5)};

TaskLogLine lineOf(std::uint64_t number, const std::string& text, LogLevel level = LogLevel::Info) {
  return {.number = number, .time = kSecond + std::chrono::milliseconds(250), .level = level, .text = text};
}

TaskStack stackOf(const std::vector<TaskStackThread>& threads) {
  return {.host = "web1", .pid = 7, .taken = kSecond, .stoppedFor = std::chrono::seconds(2), .threads = threads};
}

TEST(LogText, ShowsTheAttemptAndOfEachLineItsSecondItsLevelAndItsText) {
  TaskLog log{.attempt = 2, .isRunning = true};
  log.lines = {lineOf(0, "begins"), lineOf(1, "disk is full", LogLevel::Error)};
  EXPECT_EQ(logText(log),
            "attempt 2, still running\n"
            "1970-01-01T00:00:05Z INFO    begins\n"
            "1970-01-01T00:00:05Z ERROR   disk is full\n");
}

TEST(LogText, OfARunThatLoggedNothingSaysSo) {
  EXPECT_EQ(logText({.attempt = 1}), "attempt 1\nno lines\n");
}

TEST(LogText, AGapOfLeftOutLinesStandsWhereTheLinesWere) {
  TaskLog log{.attempt = 1, .leftOutLines = 40, .leftOutBytes = 9000};
  log.lines = {lineOf(0, "first"), lineOf(41, "last")};
  EXPECT_EQ(logText(log),
            "attempt 1\n"
            "1970-01-01T00:00:05Z INFO    first\n"
            "… 40 lines, 9000 bytes, were left out …\n"
            "1970-01-01T00:00:05Z INFO    last\n");
}

TEST(LogText, ControlCharactersOfALineAreEscaped) {
  TaskLog log{.attempt = 1};
  log.lines = {lineOf(0, "\x1b[2Jred\rü")};
  EXPECT_THAT(logText(log), HasSubstr("\\x1b[2Jred\\rü\n"));
  EXPECT_THAT(logText(log), Not(HasSubstr("\x1b")));
}

TEST(StackText, ShowsEachThreadWithItsCallsAndMarksThoseOfTheUser) {
  const TaskStackFrame read{.address = 0x10, .function = "read", .library = "libc.so.6"};
  const TaskStackFrame load{.address = 0x20, .function = "load", .file = "load.cc", .line = 12, .isUserCode = true};
  const TaskStackFrame unknown{.address = 0xabc};
  EXPECT_EQ(stackText(stackOf({{.tid = 7, .name = "worker", .frames = {read, load, unknown}}})),
            "process 7 on web1, stopped for 2.0 s at 1970-01-01T00:00:05Z\n"
            "thread 7 worker\n"
            "   read  libc.so.6\n"
            " * load  load.cc:12\n"
            "   0xabc\n");
}

TEST(StackText, SaysWhyAThreadHasNoStack) {
  EXPECT_THAT(stackText(stackOf({{.tid = 8, .problem = "it has ended"}})), HasSubstr("thread 8 \n   it has ended\n"));
}

TEST(StackText, ControlCharactersOfNamesAreEscaped) {
  auto stack = stackOf({{.tid = 7, .name = "a\nb", .frames = {{.function = "f\x1b[0m"}}}});
  stack.threads[0].problem = "\x07";
  stack.host = "web\t1";
  const auto text = stackText(stack);
  EXPECT_THAT(text, HasSubstr("on web\\t1,"));
  EXPECT_THAT(text, HasSubstr("thread 7 a\\nb\n   f\\x1b[0m\n   \\x07\n"));
}

TEST(StackText, SaysHowManyThreadsWereLeftOut) {
  auto stack = stackOf({{.tid = 7}});
  EXPECT_THAT(stackText(stack), Not(HasSubstr("more threads")));
  stack.leftOutThreads = 44;
  EXPECT_THAT(stackText(stack), ::testing::EndsWith("and 44 more threads\n"));
}

}  // namespace
}  // namespace leptir::top
