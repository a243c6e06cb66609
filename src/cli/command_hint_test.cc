#include "cli/command_hint.h"

#include <gtest/gtest.h>

#include <vector>

namespace leptir::cli {
namespace {

TEST(UnknownWord, SuggestsTheWordThatWasProbablyMeant) {
  const std::vector<std::string_view> commands{"push", "stop", "start", "status"};
  const std::vector<std::string_view> options{"--delaySeconds", "--at", "--timeLimit", "--id", "--stdin"};
  EXPECT_EQ(describeUnknownWord("command", "psh", commands), "there is no command 'psh': did you mean 'push'?");
  EXPECT_EQ(describeUnknownWord("command", "explode", commands), "there is no command 'explode'");
  EXPECT_EQ(describeUnknownWord("option", "--delay", options),
            "there is no option '--delay': did you mean '--delaySeconds'?");
  EXPECT_EQ(describeUnknownWord("option", "--time-limit", options),
            "there is no option '--time-limit': did you mean '--timeLimit'?");
  EXPECT_EQ(describeUnknownWord("option", "--colour", options), "there is no option '--colour'");
}

}  // namespace
}  // namespace leptir::cli
