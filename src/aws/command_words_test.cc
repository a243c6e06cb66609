#include "aws/command_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(CommandWords, AreSplitAsAShellDoes) {
  EXPECT_THAT(*commandWords("  a  b\tc\n"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(*commandWords(R"('/a b/c' --x="1 2"'3')"), ElementsAre("/a b/c", "--x=1 23"));
  EXPECT_THAT(*commandWords(R"(a\ b "c\"d\\e\n" '\')"), ElementsAre("a b", R"(c"d\e\n)", "\\"));
  EXPECT_THAT(*commandWords(R"(a '' "")"), ElementsAre("a", "", ""));
  EXPECT_THAT(*commandWords("$HOME *.c # no"), ElementsAre("$HOME", "*.c", "#", "no"));
  EXPECT_THAT(*commandWords(" "), IsEmpty());
}

TEST(CommandWords, NeedClosedQuotes) {
  for (const auto* line : {"'a", "\"a", "a \\", "\"a\\\""}) EXPECT_FALSE(commandWords(line)) << line;
}

}  // namespace
}  // namespace leptir::aws
