#include "cli/sort_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

TEST(SortOrder, IsTheWordOfTheListWithAMinusForTheLatestFirst) {
  EXPECT_EQ(*sortOrderOf("due", SortedList::Queue), ListOrder::EarliestFirst);
  EXPECT_EQ(*sortOrderOf("-due", SortedList::Queue), ListOrder::LatestFirst);
  EXPECT_EQ(*sortOrderOf("-buried", SortedList::Buried), ListOrder::LatestFirst);
  EXPECT_EQ(*sortOrderOf("saved", SortedList::Records), ListOrder::EarliestFirst);
  EXPECT_EQ(*sortOrderOf("", SortedList::Records), std::nullopt);
}

TEST(SortOrder, AnotherWordIsInvalidAndTheMessageSaysWhichCanBeGiven) {
  const auto order = sortOrderOf("name", SortedList::Queue);
  ASSERT_FALSE(order);
  EXPECT_EQ(order.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(order.error().message(), testing::HasSubstr("--sort=-due the latest"));
  EXPECT_FALSE(sortOrderOf("due", SortedList::Records));
}

}  // namespace
}  // namespace leptir::cli
