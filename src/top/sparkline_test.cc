#include "top/sparkline.h"

#include <gmock/gmock.h>

#include <vector>

namespace leptir::top {
namespace {

TEST(Sparkline, TheLargestValueIsTheTallestBarAndZeroTheLowest) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 50, 100}, 3, Encoding::Utf8), "▁▅█");
  EXPECT_EQ(sparkline(std::vector<double>{0, 0}, 2, Encoding::Utf8), "▁▁");
}

TEST(Sparkline, ASmallValueIsHigherThanZero) {
  EXPECT_EQ(sparkline(std::vector<double>{0, 0.001, 100}, 3, Encoding::Utf8), "▁▂█");
}

TEST(Sparkline, ShowsTheNewestValuesAtTheRight) {
  EXPECT_EQ(sparkline(std::vector<double>{100, 0, 1}, 2, Encoding::Ascii), "_#");
  EXPECT_EQ(sparkline(std::vector<double>{1}, 4, Encoding::Ascii), "   #");
  EXPECT_EQ(sparkline(std::vector<double>{}, 3, Encoding::Ascii), "   ");
}

TEST(ProgressBar, IsFullAtOneAndLeftOutWhereThereIsNoRoom) {
  EXPECT_EQ(progressBar(0.5, 10), "[####    ]");
  EXPECT_EQ(progressBar(2, 6), "[####]");
  EXPECT_EQ(progressBar(-1, 6), "[    ]");
  EXPECT_EQ(progressBar(0.5, 3), "");
}

}  // namespace
}  // namespace leptir::top
