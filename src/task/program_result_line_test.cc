#include "task/program_result_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leptir/outcome.h"

namespace leptir::task {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string mistakeIn(std::string_view line) {
  const auto parsed = parseProgramResultLine(line);
  return parsed.mistakes.size() == 1 ? parsed.mistakes[0] : std::to_string(parsed.mistakes.size()) + " mistakes";
}

TEST(ProgramResultLine, HasAnyKeysTogether) {
  const auto line = parseProgramResultLine(
      R"( {"progress": 0.25, "text": "č", "result": {"a": [1]}, "response": "r", "state": "s", "retry_after": 1.5,
           "log": "l", "level": "debug"} )");
  EXPECT_THAT(line.mistakes, IsEmpty());
  EXPECT_EQ(line.progress, 0.25);
  EXPECT_EQ(line.text, "č");
  EXPECT_EQ(line.result, R"({"a": [1]})");
  EXPECT_EQ(line.response, "r");
  EXPECT_EQ(line.state, "s");
  EXPECT_EQ(line.retryAfter, 1500ms);
  EXPECT_EQ(line.log, "l");
  EXPECT_EQ(line.level, LogLevel::Debug);
  EXPECT_FALSE(line.discard);
}

TEST(ProgramResultLine, KeepsAResultAsItIsWritten) {
  EXPECT_EQ(parseProgramResultLine(R"({"result":123456789012345678901234})").result, "123456789012345678901234");
  EXPECT_EQ(parseProgramResultLine(R"({"result":"\u010d"})").result, R"("\u010d")");
  EXPECT_EQ(parseProgramResultLine(R"({"result":null})").result, "null");
}

TEST(ProgramResultLine, TakesNullAsIfTheKeyWereLeftOut) {
  const auto line = parseProgramResultLine(R"({"progress":null,"text":null,"retry_after":null,"discard":null})");
  EXPECT_THAT(line.mistakes, IsEmpty());
  EXPECT_FALSE(line.progress || line.retryAfter || line.discard);
}

TEST(ProgramResultLine, LimitsADelayToTheLongestOne) {
  EXPECT_EQ(parseProgramResultLine(R"({"retry_after":1e300})").retryAfter, kMaxRetryDelay);
  EXPECT_EQ(parseProgramResultLine(R"({"retry_after":0})").retryAfter, 0s);
}

TEST(ProgramResultLine, SaysWhichValueIsWrongAndWhatIsExpected) {
  EXPECT_EQ(mistakeIn(R"({"progress":"half"})"), "'progress' must be a number from 0 to 1, not '\"half\"'");
  EXPECT_EQ(mistakeIn(R"({"progress":40})"), "'progress' must be a number from 0 to 1, not '40'");
  EXPECT_EQ(mistakeIn(R"({"retry_after":-1})"), "'retry_after' must be a number of seconds, 0 or more, not '-1'");
  EXPECT_EQ(mistakeIn(R"({"discard":true})"), "'discard' must be a text, the reason, not 'true'");
  EXPECT_EQ(mistakeIn(R"({"state":["a"]})"), "'state' must be a text, not '[\"a\"]'");
  EXPECT_EQ(mistakeIn(R"({"log":"x","level":"loud"})"),
            "'level' must be \"error\", \"warning\", \"info\" or \"debug\", not '\"loud\"'");
  EXPECT_EQ(mistakeIn(R"({"text":"x"})"), "'text' belongs to 'progress', which the line lacks");
}

TEST(ProgramResultLine, NamesTheKnownKeysWhenOneIsUnknown) {
  EXPECT_EQ(mistakeIn(R"({"reslt":5})"),
            "unknown key 'reslt'; the keys are progress, text, result, response, state, retry_after, discard, log, "
            "level");
}

TEST(ProgramResultLine, KeepsTheKeysBesideAWrongOne) {
  const auto line = parseProgramResultLine(R"({"reslt":5,"state":"copied","progress":7})");
  EXPECT_EQ(line.mistakes.size(), 2u);
  EXPECT_EQ(line.state, "copied");
  EXPECT_FALSE(line.progress);
}

TEST(ProgramResultLine, DiscardsWhenItIsAlsoToRunAgain) {
  const auto line = parseProgramResultLine(R"({"discard":"gone","retry_after":3})");
  EXPECT_EQ(line.discard, "gone");
  EXPECT_FALSE(line.retryAfter);
  EXPECT_THAT(line.mistakes, ElementsAre("'retry_after' and 'discard' exclude each other; the task is discarded"));
}

TEST(ProgramResultLine, SaysWhyBytesAreNoLine) {
  EXPECT_THAT(mistakeIn("copied 3 files"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(mistakeIn(R"({"result": 5)"), HasSubstr("JSON"));
  EXPECT_THAT(mistakeIn(R"({"result": 5} {"result": 6})"), HasSubstr("JSON"));
  EXPECT_THAT(mistakeIn("{\"response\":\"\xff\"}"), HasSubstr("JSON"));
  EXPECT_THAT(mistakeIn(std::string("\0\1\2", 3)), HasSubstr("JSON"));
  EXPECT_EQ(mistakeIn("[1]"), R"(no JSON object, such as {"progress": 0.5})");
  EXPECT_EQ(mistakeIn("5"), R"(no JSON object, such as {"progress": 0.5})");
}

TEST(ProgramResultLine, QuotesOnlyTheBeginningOfAWrongValue) {
  EXPECT_LT(mistakeIn("{\"state\":[\"" + std::string(100'000, 'x') + "\"]}").size(), 200u);
  EXPECT_LT(mistakeIn("{\"" + std::string(100'000, 'x') + "\":1}").size(), 250u);
}

TEST(ProgramResultLine, RefusesAResultThatNestsTooDeep) {
  const auto nested = [](std::size_t levels) {
    return "{\"result\":" + std::string(levels, '[') + std::string(levels, ']') + "}";
  };
  EXPECT_THAT(parseProgramResultLine(nested(510)).mistakes, IsEmpty());
  EXPECT_THAT(mistakeIn(nested(511)), HasSubstr("nest"));
}

}  // namespace
}  // namespace leptir::task
