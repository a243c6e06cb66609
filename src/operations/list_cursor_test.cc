#include "operations/list_cursor.h"

#include <gtest/gtest.h>

namespace leptir::operations {
namespace {

TEST(ListCursor, IsReadBackFromItsTextWhateverTheStoresCursorHas) {
  for (const auto& inner : {std::string(), std::string("42:a%"), std::string("\0\xff \n", 4)}) {
    const ListCursor cursor{.kind = ListCursor::Kind::Records, .index = 3, .inner = inner};
    const auto text = textOf(cursor);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz.%-_"), std::string::npos) << text;
    ASSERT_TRUE(listCursorOf(text)) << text;
    EXPECT_EQ(*listCursorOf(text), cursor);
  }
}

TEST(ListCursor, IsTheBeginningIfTheTextIsEmpty) {
  EXPECT_EQ(*listCursorOf(""), ListCursor());
}

TEST(ListCursor, RefusesEveryOtherText) {
  for (const auto* text :
       {"x", "q", "q.", "q1", "z0.a", "q-1.a", "q1.%", "q1.%4", "q1.%zz", "q1. ", "q99999999999999999999."}) {
    EXPECT_EQ(listCursorOf(text).error().code(), ErrorCode::Invalid) << text;
  }
}

}  // namespace
}  // namespace leptir::operations
