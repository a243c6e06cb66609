#include "settlement/unknown_names.h"

#include <gtest/gtest.h>

namespace leptir::settlement {
namespace {

using namespace std::chrono_literals;

TEST(UnknownNames, EachTaskHasADelayThatGrows) {
  UnknownNames names;
  EXPECT_EQ(names.noteLease("a", "n", BootTime()), 30s);
  EXPECT_EQ(names.noteLease("a", "n", BootTime()), 60s);
  EXPECT_EQ(names.noteLease("b", "n", BootTime()), 30s);
  names.forget("a");
  EXPECT_EQ(names.noteLease("a", "n", BootTime()), 30s);
  EXPECT_EQ(names.size(), 2u);
}

TEST(UnknownNames, AnswersEachNameOnce) {
  UnknownNames names;
  names.noteLease("1", "b", BootTime());
  names.noteLease("2", "a", BootTime());
  names.noteLease("3", "b", BootTime());
  names.forget("2");
  EXPECT_EQ(names.names(), std::set<std::string>{"b"});
}

TEST(UnknownNames, ATaskThatWaitedForADayIsForgotten) {
  UnknownNames names;
  Duration waited{};
  while (const auto delay = names.noteLease("a", "n", BootTime())) waited += *delay;
  EXPECT_GE(waited, 24h);
  EXPECT_LT(waited, 25h);
  EXPECT_EQ(names.size(), 0u);
}

TEST(UnknownNames, ATaskReturnsOnceItWasLeasedAgainUntilItStaysAway) {
  UnknownNames names;
  names.noteLease("a", "n", BootTime());
  EXPECT_EQ(names.countRepeatedlyLeased(BootTime()), 0u) << "another program may know the name";
  names.noteLease("a", "n", BootTime(30s));
  names.noteLease("b", "n", BootTime(30s));
  EXPECT_EQ(names.countRepeatedlyLeased(BootTime(30s)), 1u);
  EXPECT_EQ(names.countRepeatedlyLeased(BootTime(90s)), 1u) << "it is due again";
  EXPECT_EQ(names.countRepeatedlyLeased(BootTime(151s)), 0u) << "it has left the queue";
  names.noteLease("a", "n", BootTime(160s));
  EXPECT_EQ(names.countRepeatedlyLeased(BootTime(160s)), 1u);
  names.forget("a");
  EXPECT_EQ(names.countRepeatedlyLeased(BootTime(160s)), 0u);
}

TEST(UnknownNames, RemembersALimitedNumberOfTasks) {
  UnknownNames names;
  for (std::size_t i = 0; i <= 2 * UnknownNames::kMaxTasks; ++i)
    ASSERT_EQ(names.noteLease(std::to_string(i), "n", BootTime() + std::chrono::milliseconds(i)), 30s);
  EXPECT_LE(names.size(), UnknownNames::kMaxTasks);
  EXPECT_EQ(names.noteLease(std::to_string(2 * UnknownNames::kMaxTasks), "n", BootTime() + 1h), 60s) << "the latest";
}

}  // namespace
}  // namespace leptir::settlement
