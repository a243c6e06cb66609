#include "base/short_list.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace leptir::base {
namespace {

std::string listOf(int count) {
  std::vector<int> numbers;
  for (int number = 1; number <= count; ++number) numbers.push_back(number);
  return shortList(numbers, [](int number) { return std::to_string(number); });
}

TEST(ShortList, ListsUpToTenElements) {
  EXPECT_EQ(listOf(0), "");
  EXPECT_EQ(listOf(1), "1");
  EXPECT_EQ(listOf(10), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10");
}

TEST(ShortList, CountsTheElementsAfterTheTenth) {
  EXPECT_EQ(listOf(11), "1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more");
}

TEST(ShortList, ListsASetInItsOrder) {
  EXPECT_EQ(shortList(std::set<std::string>{"b", "a"}, [](const std::string& name) { return "'" + name + "'"; }),
            "'a', 'b'");
}

}  // namespace
}  // namespace leptir::base
