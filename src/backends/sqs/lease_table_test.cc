#include "backends/sqs/lease_table.h"

#include <gtest/gtest.h>

namespace leptir::sqs {
namespace {

using namespace std::chrono_literals;

const Time kOpened(std::chrono::seconds(1'764'500'000));
const SessionId kSession{"0123456789abcdef0123456789abcdef", 3};

TEST(LeaseTable, NumbersRiseAndAreNotBelowTheTimeInMicroseconds) {
  LeaseTable table(kSession, kOpened);
  const auto first = table.add({.messageId = "a", .receipt = "r"}, kOpened).id.number;
  const auto second = table.add({.messageId = "b", .receipt = "r"}, kOpened - 1h).id.number;
  const auto third = table.add({.messageId = "c", .receipt = "r"}, kOpened + 1h).id.number;
  EXPECT_GE(first, static_cast<std::uint64_t>(kOpened.time_since_epoch().count()));
  EXPECT_EQ(second, first + 1) << "a clock that is set back";
  EXPECT_EQ(third, static_cast<std::uint64_t>((kOpened + 1h).time_since_epoch().count()));
}

TEST(LeaseTable, FindsALeaseByItsWholeIdAndItsMessage) {
  LeaseTable table(kSession, kOpened);
  const auto id = table.add({.messageId = "a", .receipt = "r"}, kOpened).id;
  ASSERT_NE(table.find(id), nullptr);
  EXPECT_EQ(table.find(id), table.findMessage("a"));
  EXPECT_EQ(table.find({id.number, "another handle"}), nullptr);
  table.remove(id);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.findMessage("a"), nullptr);
}

TEST(LeaseTable, ALeaseOfAnEarlierProcessOfTheSessionMayBeOurs) {
  LeaseTable earlier(kSession, kOpened), table(kSession, kOpened + 1s);
  const auto id = earlier.add({.messageId = "a", .receipt = "r:with:colons"}, kOpened).id;
  const auto found = table.mayBeOurs(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->receipt, "r:with:colons");
  EXPECT_EQ(found->received, kOpened);
}

TEST(LeaseTable, ALeaseOfAnotherSessionOrOfThisProcessIsNotAskedFor) {
  LeaseTable other({kSession.instance, 2}, kOpened), table(kSession, kOpened + 1s);
  EXPECT_FALSE(table.mayBeOurs(other.add({.messageId = "a", .receipt = "r"}, kOpened).id));
  const auto ours = table.add({.messageId = "b", .receipt = "r"}, kOpened + 1s).id;
  table.remove(ours);
  EXPECT_FALSE(table.mayBeOurs(ours)) << "this process has forgotten it, so it is over";
}

TEST(LeaseTable, AHandleThatIsNoneIsNobodys) {
  LeaseTable table(kSession, kOpened);
  const auto mark = sessionMark(kSession);
  for (const auto& handle : std::vector<std::string>{"", "-1", ":", "::", mark, mark + ":1", mark + ":1:",
                                                     mark + ":x:r", mark + ":-1:r", mark + ":99999999999999999999:r"})
    EXPECT_FALSE(table.mayBeOurs({1, handle})) << handle;
}

}  // namespace
}  // namespace leptir::sqs
