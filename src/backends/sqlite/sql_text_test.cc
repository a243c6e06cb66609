#include "backends/sqlite/sql_text.h"

#include <gtest/gtest.h>

namespace leptir::sqlite {
namespace {

TEST(SqlText, ReplacesNamesByNumbersAndByTextThatHasNamesItself) {
  constexpr SqlText kBuried("WHERE {is_buried} AND due < {at_once_limit} -- end");
  EXPECT_EQ(std::string_view(kBuried), "WHERE holder = 16777217 AND due < -1152921504606846976 -- end");
  EXPECT_STREQ(kBuried.c_str(), "WHERE holder = 16777217 AND due < -1152921504606846976 -- end");
}

TEST(SqlText, WritesNumbersInDecimal) {
  EXPECT_EQ(kNumberText<0>, "0");
  EXPECT_EQ(kNumberText<-70>, "-70");
  EXPECT_EQ(kNumberText<std::numeric_limits<std::int64_t>::max()>, "9223372036854775807");
}

// Databases that exist have these numbers in their tables.
TEST(SqlText, HasTheNumbersThatStandInDatabases) {
  EXPECT_EQ(sqlNamed("no_holder"), "16777216");
  EXPECT_EQ(sqlNamed("buried"), "16777217");
  EXPECT_EQ(sqlNamed("last_reserved"), "16777231");
  EXPECT_EQ(sqlNamed("at_once_offset"), "2305843009213693952");
  EXPECT_EQ(sqlNamed("largest_session"), "2305843009213693952");
  EXPECT_EQ(sqlNamed("largest_lease"), "4611686018427387904");
  EXPECT_EQ(sqlNamed("largest_time"), "100000000000000000");
}

}  // namespace
}  // namespace leptir::sqlite
