#include "cli/task_selection.h"

#include <gmock/gmock.h>

namespace leptir::cli {
namespace {

using ::testing::HasSubstr;

std::string whyNoSelection(const SelectionOptions& options) {
  const auto selection = selectionOf(options, Time(std::chrono::seconds(1'795'456'800)));
  EXPECT_FALSE(selection);
  return selection ? std::string() : selection.error().message();
}

TEST(SelectionOf, RefusesOptionsThatNoTaskCanMatch) {
  EXPECT_THAT(whyNoSelection({.state = "due", .cause = "threw"}), HasSubstr("--cause selects records"));
  EXPECT_THAT(whyNoSelection({.broker = "b", .cause = "threw"}), HasSubstr("leave --broker out"));
  EXPECT_THAT(whyNoSelection({.reason = "r", .cause = "threw"}), HasSubstr("--reason selects buried tasks"));
  EXPECT_THAT(whyNoSelection({.state = "failed", .reason = "r"}), HasSubstr("but --state=failed selects others"));
  EXPECT_THAT(whyNoSelection({.state = "due", .reason = "r"}), HasSubstr("but --state=due selects others"));
  EXPECT_THAT(whyNoSelection({.state = "done", .broker = "b"}), HasSubstr("leave --broker out"));
}

TEST(SelectionOf, AcceptsOptionsThatSomeTaskMatches) {
  const SelectionOptions selections[] = {{.state = "buried", .broker = "b", .reason = "r"},
                                         {.broker = "b", .reason = "r"},
                                         {.state = "failed", .cause = "threw"},
                                         {.state = "cancelled", .name = "n"},
                                         {.state = "due", .broker = "b", .since = "10m"}};
  for (const auto& options : selections) EXPECT_TRUE(selectionOf(options, systemClock().now()));
}

TEST(SelectionOf, RefusesATimeWhoseUnitIsMissing) {
  EXPECT_THAT(whyNoSelection({.since = "5"}), HasSubstr("--since: '5' has no unit: write 5s for seconds or 5m"));
  EXPECT_THAT(whyNoSelection({.until = "60"}), HasSubstr("--until: "));
}

}  // namespace
}  // namespace leptir::cli
