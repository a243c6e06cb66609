#include "operations/task_log_text.h"

#include <gmock/gmock.h>

#include "operations/task_stack_text.h"

namespace leptir::operations {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Time kSecond{std::chrono::seconds(5)};

TaskLogLine lineOf(std::uint64_t number, const std::string& text, LogLevel level = LogLevel::Info) {
  return {.number = number, .time = kSecond + std::chrono::milliseconds(250), .level = level, .text = text};
}

TaskStack stackOf(const std::vector<TaskStackThread>& threads) {
  return {.id = "a1", .host = "web1", .pid = 7, .stoppedFor = std::chrono::microseconds(250), .threads = threads};
}

std::string stackText(const TaskStack& stack) {
  std::string text;
  for (const auto& line : stackTextLines(stack)) text += line.text + "\n";
  return text;
}

TEST(LogText, ShowsTheAttemptAndOfEachLineItsTimeItsLevelAndItsText) {
  TaskLog log{.attempt = 2, .isRunning = true};
  log.lines = {lineOf(0, "begins"), lineOf(1, "disk is full", LogLevel::Error)};
  EXPECT_EQ(taskLogText(log),
            "attempt 2, still running\n"
            "1970-01-01 00:00:05.250  info     begins\n"
            "1970-01-01 00:00:05.250  error    disk is full\n");
}

TEST(LogText, OfARunThatLoggedNothingSaysSo) {
  EXPECT_EQ(taskLogText({.attempt = 1}), "attempt 1\nno lines\n");
}

TEST(LogText, AGapOfLeftOutLinesStandsWhereTheLinesWere) {
  TaskLog log{.attempt = 1, .leftOutLines = 40, .leftOutBytes = 9000};
  log.lines = {lineOf(0, "first"), lineOf(41, "last")};
  EXPECT_EQ(taskLogText(log),
            "attempt 1\n"
            "1970-01-01 00:00:05.250  info     first\n"
            "[40 lines are left out here]\n"
            "1970-01-01 00:00:05.250  info     last\n");
}

TEST(LogText, ControlCharactersOfALineAreEscaped) {
  TaskLog log{.attempt = 1};
  log.lines = {lineOf(0, "\x1b[2Jred\rü")};
  EXPECT_THAT(taskLogText(log), HasSubstr("\\x1b[2Jred\\rü\n"));
  EXPECT_THAT(taskLogText(log), Not(HasSubstr("\x1b")));
}

TEST(StackText, ShowsEachThreadWithItsCallsAndMarksThoseOfTheUser) {
  const TaskStackFrame read{.address = 0x10, .function = "read", .library = "libc.so.6"};
  const TaskStackFrame load{.address = 0x20, .function = "load", .file = "load.cc", .line = 12, .isUserCode = true};
  const TaskStackFrame unknown{.address = 0xabc};
  EXPECT_EQ(stackText(stackOf({{.tid = 7, .name = "worker", .frames = {read, load, unknown}}})),
            "task a1: worker 7 at web1, stopped for 0.25 ms\n"
            "thread 7 worker\n"
            "    0  read in libc.so.6\n"
            ">   1  load at load.cc:12\n"
            "    2  0xabc\n");
}

TEST(StackText, SaysWhyAThreadHasNoStack) {
  EXPECT_THAT(stackText(stackOf({{.tid = 8, .problem = "it has ended"}})),
              HasSubstr("thread 8 \n       (it has ended)\n"));
}

TEST(StackText, ControlCharactersOfNamesAreEscaped) {
  auto stack = stackOf({{.tid = 7, .name = "a\nb", .frames = {{.function = "f\x1b[0m"}}}});
  stack.threads[0].problem = "\x07";
  stack.host = "web\t1";
  const auto text = stackText(stack);
  EXPECT_THAT(text, HasSubstr("at web\\t1,"));
  EXPECT_THAT(text, HasSubstr("thread 7 a\\nb\n    0  f\\x1b[0m\n       (\\x07)\n"));
}

TEST(StackText, SaysHowManyThreadsWereLeftOut) {
  auto stack = stackOf({{.tid = 7}});
  EXPECT_THAT(stackText(stack), Not(HasSubstr("more threads")));
  stack.leftOutThreads = 44;
  EXPECT_THAT(stackText(stack), ::testing::EndsWith("44 more threads are left out\n"));
}

}  // namespace
}  // namespace leptir::operations
