#include "cli/wrapped_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

using ::testing::ElementsAre;

TEST(WrappedText, BreaksAtBlanks) {
  EXPECT_THAT(wrapped("set it to noeviction", 10), ElementsAre("set it to", "noeviction"));
  EXPECT_THAT(wrapped("set it to noeviction", 9), ElementsAre("set it to", "noeviction"));
}

TEST(WrappedText, KeepsALongWordWhole) {
  EXPECT_THAT(wrapped("see /a/very/long/path now", 6), ElementsAre("see", "/a/very/long/path", "now"));
}

TEST(WrappedText, IsOneLineWithoutAWidth) {
  EXPECT_THAT(wrapped("one two", 0), ElementsAre("one two"));
  EXPECT_THAT(wrapped("", 10), ElementsAre(""));
}

}  // namespace
}  // namespace leptir::cli
