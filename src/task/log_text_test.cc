#include "task/log_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::task {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const Time kTime{std::chrono::seconds(1'795'462'346) + Duration(667'348)};

std::vector<std::string> linesOf(std::string_view message, LogLevel level = LogLevel::Info) {
  std::vector<std::string> lines;
  forEachLogLine(kTime, level, message, [&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

TaskLog readLog(std::string_view text) {
  TaskLog log;
  readLogText(text, log);
  return log;
}

TEST(LogText, ALineHasItsTimeAndItsLevel) {
  EXPECT_THAT(linesOf("disk is full", LogLevel::Warning), ElementsAre("1795462346.667348 warning disk is full\n"));
  EXPECT_THAT(linesOf("", LogLevel::Debug), ElementsAre("1795462346.667348 debug \n"));
}

TEST(LogText, AMessageOfSeveralLinesBecomesSeveralLines) {
  EXPECT_THAT(linesOf("a\n\nb\n"),
              ElementsAre("1795462346.667348 info a\n", "1795462346.667348 info \n", "1795462346.667348 info b\n"));
}

TEST(LogText, ALongLineBecomesSeveralLinesAndSplitsNoCharacter) {
  std::string euros;
  for (int i = 0; i < 5'000; ++i) euros += "€";
  const auto lines = linesOf(euros);
  ASSERT_EQ(lines.size(), 2u);
  std::string joined;
  for (const auto& line : readLog(lines[0] + lines[1]).lines) joined += line.text;
  EXPECT_EQ(joined, euros);
}

TEST(LogText, BytesThatAreNotUtf8AreEscaped) {
  EXPECT_THAT(linesOf("caf\xe9"), ElementsAre("1795462346.667348 info caf\\xe9\n"));
}

TEST(LogText, WhatIsWrittenIsReadAgain) {
  const auto log = readLog(linesOf("x y ", LogLevel::Error)[0] + linesOf("\x1b[31mred")[0]);
  ASSERT_EQ(log.lines.size(), 2u);
  EXPECT_EQ(log.lines[0].time, kTime);
  EXPECT_EQ(log.lines[0].level, LogLevel::Error);
  EXPECT_EQ(log.lines[0].text, "x y ");
  EXPECT_EQ(log.lines[1].text, "\x1b[31mred");
  EXPECT_EQ(log.lines[1].number, 1u);
}

TEST(LogText, LeftOutLinesCountInTheNumbers) {
  const auto first = linesOf("first")[0], last = linesOf("last")[0];
  const auto text = joinLogText(first, 40, 4'000, last);
  EXPECT_THAT(text, HasSubstr("\n1795462346.667348 left-out 40 4000\n"));
  const auto log = readLog(text);
  ASSERT_EQ(log.lines.size(), 2u);
  EXPECT_EQ(log.lines[1].number, 41u);
  EXPECT_EQ(log.leftOutLines, 40u);
  EXPECT_EQ(log.leftOutBytes, 4'000u);
  EXPECT_EQ(countLogLines(text), 2u);
}

TEST(LogText, AShortenedLogKeepsItsEndAndSaysWhatItLacks) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += linesOf("line " + std::to_string(i))[0];
  const auto shortened = newestLogLines(text, 1'000);
  EXPECT_LE(shortened.size(), 1'000u);
  EXPECT_GT(shortened.size(), 800u);
  const auto log = readLog(shortened);
  EXPECT_EQ(log.lines.back().text, "line 99");
  EXPECT_EQ(log.lines.back().number, 99u);
  EXPECT_EQ(log.leftOutLines + log.lines.size(), 100u);
  EXPECT_EQ(newestLogLines(text, text.size()), text);
  EXPECT_EQ(readLog(newestLogLines(shortened, 500)).lines.back().number, 99u) << "shortened twice";
}

TEST(LogText, ThatIsShortenedToNothingStillTellsHowManyLinesItHad) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "1795462346.667348 info a line\n";
  auto shortened = newestLogLines(text, 0);
  for (int i = 0; i < 2; ++i) {
    const auto log = readLog(shortened);
    EXPECT_TRUE(log.lines.empty());
    EXPECT_EQ(log.leftOutLines, 100u);
    EXPECT_EQ(log.leftOutBytes, text.size());
    EXPECT_LT(shortened.size(), 64u);
    shortened = newestLogLines(shortened, 0);
  }
  EXPECT_EQ(newestLogLines("", 0), "");
}

TEST(LogText, LinesOfAnotherFormAreLeftOut) {
  EXPECT_TRUE(readLog("").lines.empty());
  for (const auto* text : {"garbage", "1795462346 info x", "1795462346.66 info x", "-1.000000 info x",
                           "x.000000 info x", "1795462346.667348 notice x", "99999999999999999999.000000 info x",
                           "1795462346.667348", "1795462346.667348 left-out x y", "1795462346.667348 left-out 1"})
    EXPECT_TRUE(readLog(text).lines.empty()) << text;
  const auto log = readLog(std::string("\xff\xfe\0 info\n", 9) + linesOf("good")[0]);
  ASSERT_EQ(log.lines.size(), 1u);
  EXPECT_EQ(log.lines[0].text, "good");
}

TEST(LogText, EachLineThatIsReadIsUtf8) {
  EXPECT_EQ(readLog("1795462346.667348 info caf\xe9").lines[0].text, "caf\\xe9");
}

}  // namespace
}  // namespace leptir::task
