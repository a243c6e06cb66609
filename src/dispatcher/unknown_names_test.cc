#include "dispatcher/unknown_names.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

using namespace std::chrono_literals;

TEST(UnknownNames, TheDelayIsOfEachTaskAndGrows) {
  UnknownNames names;
  EXPECT_EQ(names.seen("a", BootTime()), 30s);
  EXPECT_EQ(names.seen("a", BootTime()), 60s);
  EXPECT_EQ(names.seen("b", BootTime()), 30s);
  names.forget("a");
  EXPECT_EQ(names.seen("a", BootTime()), 30s);
  EXPECT_EQ(names.size(), 2u);
}

TEST(UnknownNames, ATaskThatWaitedForADayIsForgotten) {
  UnknownNames names;
  Duration waited{};
  while (const auto delay = names.seen("a", BootTime())) waited += *delay;
  EXPECT_GE(waited, 24h);
  EXPECT_LT(waited, 25h);
  EXPECT_EQ(names.size(), 0u);
}

TEST(UnknownNames, NoMoreThanSoManyAreRemembered) {
  UnknownNames names;
  for (std::size_t i = 0; i <= 2 * UnknownNames::kMost; ++i)
    ASSERT_EQ(names.seen(std::to_string(i), BootTime() + std::chrono::milliseconds(i)), 30s);
  EXPECT_LE(names.size(), UnknownNames::kMost);
  EXPECT_EQ(names.seen(std::to_string(2 * UnknownNames::kMost), BootTime() + 1h), 60s) << "the last one";
}

}  // namespace
}  // namespace leptir
