#include "base/cursor.h"

#include <gtest/gtest.h>

#include <limits>

namespace leptir::base {
namespace {

using Numbers = std::array<std::int64_t, 3>;

TEST(Cursor, GivesItsNumbersBack) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min(), kMax = std::numeric_limits<std::int64_t>::max();
  for (const auto& numbers : {Numbers{0, 0, 0}, Numbers{1, -20, 3}, Numbers{kMin, kMax, 0}})
    EXPECT_EQ(numbersIn<3>(cursorOf(numbers)), numbers);
}

TEST(Cursor, RefusesEveryOtherText) {
  for (const auto* text : {"", "1", "1:2", "1:2:", ":1:2", "1:2:3:", "1:2:3:4", "1:2:x", " 1:2:3", "1:2:3 ", "1;2;3",
                           "1:2:9223372036854775808", "+1:2:3", "1::3"})
    EXPECT_EQ(numbersIn<3>(text), std::nullopt) << text;
}

}  // namespace
}  // namespace leptir::base
