#include "task/program_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace leptir::task {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class ProgramResultsTest : public ::testing::Test {
 protected:
  const ProgramResults& results() const { return reader.results(); }

  std::vector<std::pair<double, std::string>> progress;
  std::vector<std::string> logged;
  ProgramResultReader reader{
      {.onProgress = [this](double fraction, std::string_view text) { progress.emplace_back(fraction, text); },
       .onLog =
           [this](LogLevel level, std::string_view line) {
             logged.push_back(std::to_string(static_cast<int>(level)) + " " + std::string(line));
           }}};
};

TEST_F(ProgramResultsTest, DoNotDependOnThePiecesInWhichBytesArrive) {
  const std::string text = "{\"state\":\"a\"}\r\n\n  \n{\"state\":\"b\",\"result\":1}\n{\"result\":2}";
  for (const char byte : text) reader.add(std::string(1, byte));
  reader.finish();
  EXPECT_THAT(results().states, ElementsAre("a", "b"));
  EXPECT_EQ(results().result, "2") << "the last one counts, also without a line feed";
  EXPECT_THAT(results().responseLines, IsEmpty());
}

TEST_F(ProgramResultsTest, ReportProgressAndLogLinesAtOnce) {
  reader.add("{\"progress\":0.5,\"text\":\"half\"}\n{\"log\":\"hello\",\"level\":\"warning\"}\n{\"log\":\"b\"}\n");
  EXPECT_THAT(progress, ElementsAre(Pair(0.5, "half")));
  EXPECT_THAT(logged, ElementsAre("4 hello", "6 b"));
  reader.add("{\"progress\":1}\n");
  EXPECT_THAT(progress, ElementsAre(Pair(0.5, "half"), Pair(1, "")));
  EXPECT_EQ(results().progress, 1);
  EXPECT_EQ(results().progressText, "");
}

TEST_F(ProgramResultsTest, TakeTheLastOfRetryAfterAndDiscard) {
  reader.add("{\"discard\":\"gone\"}\n{\"retry_after\":3}\n");
  EXPECT_EQ(results().retryAfter, 3s);
  EXPECT_FALSE(results().discard);
  reader.add("{\"discard\":\"gone\"}\n");
  EXPECT_EQ(results().discard, "gone");
  EXPECT_FALSE(results().retryAfter);
}

TEST_F(ProgramResultsTest, TellOfWrongLinesInTheLogAndInTheResponse) {
  reader.add("{\"result\":1}\n\nnonsense\n{\"result\":2}\n{\"progress\":9}\n");
  reader.finish();
  EXPECT_EQ(results().result, "2");
  ASSERT_EQ(logged.size(), 2u);
  EXPECT_THAT(logged[0], HasSubstr("4 Result line 3 is wrong: not JSON at byte"));
  EXPECT_EQ(logged[1], "4 Result line 5 is wrong: 'progress' must be a number from 0 to 1, not '9'.");
  ASSERT_EQ(results().responseLines.size(), 1u);
  EXPECT_THAT(results().responseLines[0], HasSubstr("[Result line 3 is wrong: not JSON"));
  EXPECT_THAT(results().responseLines[0], HasSubstr("; and 1 more mistake.]"));
}

TEST_F(ProgramResultsTest, LogOnlyTheFirstMistakes) {
  for (int i = 0; i < 1000; ++i) reader.add("nonsense\n");
  reader.finish();
  EXPECT_EQ(logged.size(), kMaxLoggedMistakes + 1);
  EXPECT_EQ(logged.back(), "4 Further wrong result lines of this run are counted in its record.");
  EXPECT_THAT(results().responseLines.back(), HasSubstr("and 999 more mistakes"));
}

TEST_F(ProgramResultsTest, SkipALineThatIsTooLongWithoutKeepingItInMemory) {
  reader.add("{\"state\":\"before\"}\n{\"result\":\"");
  const std::string piece(64 * 1024, 'x');
  for (int i = 0; i < 1000; ++i) reader.add(piece);
  reader.add("\"}\n{\"state\":\"after\"}\n");
  EXPECT_THAT(results().states, ElementsAre("before", "after"));
  EXPECT_EQ(results().result, "");
  EXPECT_THAT(logged, ElementsAre("4 Result line 2 is wrong: longer than 1024 KiB; it is ignored."));
}

TEST_F(ProgramResultsTest, TakeALineOfTheLongestSize) {
  std::string line = "{\"result\":\"";
  line += std::string(kMaxResultLineBytes - line.size() - 2, 'x') + "\"}";
  ASSERT_EQ(line.size(), kMaxResultLineBytes);
  reader.add(line + "\n");
  EXPECT_EQ(results().result.size(), line.size() - std::string("{\"result\":}").size());
}

TEST_F(ProgramResultsTest, KeepALimitedAmountOfResponseLinesAndStates) {
  for (int i = 0; i < 200'000; ++i) reader.add("{\"response\":\"x\",\"state\":\"\"}\n");
  reader.finish();
  EXPECT_EQ(results().responseLines.size(), kMaxResultTextBytes / 2 + 1) << "and one that tells of the others";
  EXPECT_EQ(results().states.size(), kMaxResultTextBytes);
  EXPECT_THAT(results().responseLines.back(), HasSubstr("more than 64 KiB of response lines; it is not kept"));
}

TEST_F(ProgramResultsTest, LogALimitedAmountOfLines) {
  for (int i = 0; i < 100'000; ++i) reader.add("{\"log\":\"xxx\"}\n");
  EXPECT_EQ(logged.size(), kMaxResultTextBytes / 4 + 1);
  EXPECT_EQ(logged.back(), "4 [More of the program's log lines are not logged: 64 KiB of a run are.]");
}

TEST_F(ProgramResultsTest, HaveNoLimitForLinesWithProgress) {
  for (int i = 0; i <= 100'000; ++i) reader.add("{\"progress\":" + std::to_string(i / 100'000.0) + "}\n");
  reader.finish();
  EXPECT_EQ(results().progress, 1);
  EXPECT_THAT(logged, IsEmpty());
}

}  // namespace
}  // namespace leptir::task
