#include "backends/mongodb/list_position.h"

#include <gtest/gtest.h>

namespace leptir::mongodb {
namespace {

using broker::QueuePart;

TEST(ListPosition, AnEmptyTextIsTheBeginning) {
  const auto position = listPositionIn("");
  ASSERT_TRUE(position);
  EXPECT_EQ(position->part, QueuePart::Waiting);
  EXPECT_FALSE(position->key);
}

TEST(ListPosition, IsReadAsItWasWritten) {
  const auto one = Document().add("_id", "6553f1000.44807438"), other = Document().add("_id", 7);
  for (const auto& position : {ListPosition{}, ListPosition{.part = QueuePart::Leased},
                               ListPosition{.part = QueuePart::Waiting, .key = -7, .ids = {one}},
                               ListPosition{.part = QueuePart::Buried, .key = 1795462346667348, .ids = {one, other}}}) {
    const auto text = textOf(position);
    const auto read = listPositionIn(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->part, position.part);
    EXPECT_EQ(read->key, position.key);
    EXPECT_EQ(read->ids.size(), position.ids.size());
    EXPECT_EQ(textOf(*read), text);
  }
}

TEST(ListPosition, AnyOtherTextIsRefused) {
  for (const auto* text : {"x", "ww", ":", "w:x:00", "w:1", "w:1:00", "w:1:zz", "b:1.5:00", "w::"})
    EXPECT_FALSE(listPositionIn(text)) << text;
}

}  // namespace
}  // namespace leptir::mongodb
