#include "base/id_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace leptir::base {
namespace {

std::vector<std::string> ids(int count) {
  std::vector<std::string> all;
  for (int i = 1; i <= count; ++i) all.push_back("id" + std::to_string(i));
  return all;
}

TEST(IdList, NamesAllIdsUpToTen) {
  EXPECT_EQ(idList(ids(0)), "");
  EXPECT_EQ(idList(ids(1)), "id1");
  EXPECT_EQ(idList(ids(10)), "id1, id2, id3, id4, id5, id6, id7, id8, id9, id10");
}

TEST(IdList, NamesTheFirstTenIdsAndCountsTheOthers) {
  EXPECT_EQ(idList(ids(11)), "id1, id2, id3, id4, id5, id6, id7, id8, id9, id10 and 1 more (11 in all)");
  EXPECT_TRUE(idList(ids(1000)).ends_with(", id10 and 990 more (1000 in all)"));
}

}  // namespace
}  // namespace leptir::base
