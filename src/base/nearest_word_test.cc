#include "base/nearest_word.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace leptir::base {
namespace {

constexpr std::array<std::string_view, 6> kWords = {"brokers", "loggers", "meta_storage",
                                                    "type",    "path",    "number_of_workers"};

TEST(NearestWord, FindsTheWordBehindATypingMistake) {
  EXPECT_EQ(nearestWord("broker", kWords), "brokers");  // left out
  EXPECT_EQ(nearestWord("tyype", kWords), "type");      // added
  EXPECT_EQ(nearestWord("tipe", kWords), "type");       // changed
  EXPECT_EQ(nearestWord("tpye", kWords), "type");       // swapped
  EXPECT_EQ(nearestWord("metaStorage", kWords), "meta_storage");
  EXPECT_EQ(nearestWord("Number-Of-Worker", kWords), "number_of_workers");
}

TEST(NearestWord, ChoosesTheNearerOfTwo) {
  EXPECT_EQ(nearestWord("loggrs", kWords), "loggers");
}

TEST(NearestWord, AnswersNothingWhenNoWordIsNear) {
  EXPECT_EQ(nearestWord("zebra", kWords), std::nullopt);
  EXPECT_EQ(nearestWord("", kWords), std::nullopt);
  EXPECT_EQ(nearestWord(std::string(1'000'000, 'x'), kWords), std::nullopt);
  EXPECT_EQ(nearestWord("type", {}), std::nullopt);
}

}  // namespace
}  // namespace leptir::base
