#include "cli/print.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace leptir::cli {
namespace {

std::string printed(const std::function<void()>& print) {
  ::testing::internal::CaptureStdout();
  print();
  return ::testing::internal::GetCapturedStdout();
}

std::string printedAsError(const std::function<void()>& print) {
  ::testing::internal::CaptureStderr();
  print();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Print, EscapesControlCharactersAndLineFeedsInEveryPartOfALine) {
  EXPECT_EQ(printed([] { printLine("{} {}: works", "\x1b[31m", "a\nb"); }), "\\x1b[31m a\\nb: works\n");
  EXPECT_EQ(printed([] { printLine(""); }), "\n");
  EXPECT_EQ(printedAsError([] { printError("{}: {}", 3, "\u202e\x7f"); }), "3: \\u202e\\x7f\n");
}

TEST(Print, DoesNotEscapeBackslashesOfTextThatIsAlreadyEscaped) {
  EXPECT_EQ(printed([] { printLine("{}", "\\x1b C:\\temp '底板'"); }), "\\x1b C:\\temp '底板'\n");
}

TEST(Print, KeepsTheLineFeedsOfAnErrorOfSeveralLines) {
  EXPECT_EQ(printedAsError([] { printEscapedErrorLines("one\ntwo\x1b\r\n"); }), "one\ntwo\\x1b\\r\n\n");
}

}  // namespace
}  // namespace leptir::cli
