#include "cli/command_hint.h"

#include <gtest/gtest.h>

#include <vector>

namespace leptir {
namespace {

TEST(UnknownWord, SaysWhatWasProbablyMeant) {
  const std::vector<std::string_view> commands{"push", "stop", "start", "status"};
  const std::vector<std::string_view> options{"--delaySeconds", "--at", "--timeLimit", "--id", "--stdin"};
  EXPECT_EQ(unknownWord("command", "psh", commands), "there is no command 'psh': did you mean 'push'?");
  EXPECT_EQ(unknownWord("command", "explode", commands), "there is no command 'explode'");
  EXPECT_EQ(unknownWord("option", "--delay", options), "there is no option '--delay': did you mean '--delaySeconds'?");
  EXPECT_EQ(unknownWord("option", "--time-limit", options),
            "there is no option '--time-limit': did you mean '--timeLimit'?");
  EXPECT_EQ(unknownWord("option", "--colour", options), "there is no option '--colour'");
}

}  // namespace
}  // namespace leptir
