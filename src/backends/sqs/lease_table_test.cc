#include "backends/sqs/lease_table.h"

#include <gtest/gtest.h>

namespace leptir::sqs {
namespace {

using namespace std::chrono_literals;

const Time kNow(std::chrono::seconds(1'764'500'000));
using Attributes = std::vector<MessageAttribute>;
const SessionId kSession{"0123456789abcdef0123456789abcdef", 3};

TEST(LeaseTable, NumbersRiseAndAreNotBelowTheTimeInMicroseconds) {
  LeaseTable table(kSession, kNow);
  const auto first = table.add({.messageId = "a", .receipt = "r"}, kNow).id.number;
  const auto second = table.add({.messageId = "b", .receipt = "r"}, kNow - 1h).id.number;
  const auto third = table.add({.messageId = "c", .receipt = "r"}, kNow + 1h).id.number;
  EXPECT_GE(first, static_cast<std::uint64_t>(kNow.time_since_epoch().count()));
  EXPECT_EQ(second, first + 1) << "a clock that is set back";
  EXPECT_EQ(third, static_cast<std::uint64_t>((kNow + 1h).time_since_epoch().count()));
}

TEST(LeaseTable, ANumberIsAboveThatOfTheLeaseBeforeItAlsoByAClockThatIsBehind) {
  LeaseTable table(kSession, kNow);
  const auto before = static_cast<std::uint64_t>((kNow + 5s).time_since_epoch().count());
  EXPECT_EQ(table.add({.receipt = "r", .previous = before}, kNow).id.number, before + 1);
  LeaseTable another(kSession, kNow);
  const auto number = another.add({.receipt = "r", .previous = ~std::uint64_t{0}}, kNow).id.number;
  EXPECT_LT(number, before) << "no instance has given that number";
}

TEST(LeaseTable, FindsALeaseByItsWholeIdAndItsMessage) {
  LeaseTable table(kSession, kNow);
  const auto id = table.add({.messageId = "a", .receipt = "r"}, kNow).id;
  ASSERT_NE(table.find(id), nullptr);
  EXPECT_EQ(table.find(id), table.findMessage("a"));
  EXPECT_EQ(table.find({id.number, "another handle"}), nullptr);
  table.remove(id);
  EXPECT_EQ(table.find(id), nullptr);
  EXPECT_EQ(table.findMessage("a"), nullptr);
}

TEST(LeaseTable, ALeaseOfAnEarlierProcessOfTheSessionMayBeOurs) {
  LeaseTable earlier(kSession, kNow), table(kSession, kNow + 1s);
  const auto id = earlier.add({.messageId = "a", .receipt = "r:with:colons"}, kNow).id;
  const auto found = table.mayBeOurs(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->receipt, "r:with:colons");
  EXPECT_EQ(found->received, kNow);
  EXPECT_EQ(found->others, Attributes{});
}

TEST(LeaseTable, AnEarlierProcessSaysTheAttributesOfOtherProgramsOrThatTheyHaveNoRoom) {
  const Attributes few{{.name = "a:b", .type = "String", .text = "\"\n:"},
                       {.name = "c", .type = "Binary", .binary = "AA=="}};
  const Attributes many{{.name = "a", .type = "String", .text = std::string(1500, 'x')}};
  LeaseTable earlier(kSession, kNow), table(kSession, kNow + 1s);
  const std::string receipt(500, 'r');
  const auto withFew = table.mayBeOurs(earlier.add({.messageId = "a", .receipt = receipt, .others = few}, kNow).id);
  ASSERT_TRUE(withFew);
  EXPECT_EQ(withFew->others, few);
  EXPECT_EQ(withFew->receipt, receipt);
  const auto withMany = table.mayBeOurs(earlier.add({.messageId = "b", .receipt = receipt, .others = many}, kNow).id);
  ASSERT_TRUE(withMany);
  EXPECT_EQ(withMany->others, std::nullopt);
  EXPECT_EQ(withMany->receipt, receipt);
}

TEST(LeaseTable, AHandleIsNoLongerThanAStoreMayHave) {
  LeaseTable table({kSession.instance, ~std::uint64_t{0}}, kNow);
  for (std::size_t bytes = 0; bytes < 200; ++bytes) {
    const Attributes others{{.name = "a", .type = "String", .text = std::string(bytes, 'x')}};
    const auto id = table.add({.receipt = std::string(kLongestReceipt, 'r'), .others = others}, kNow).id;
    EXPECT_LE(id.handle.size(), kLongestHandle) << bytes;
  }
}

TEST(LeaseTable, ALeaseOfAnotherSessionOrOfThisProcessIsNotAskedFor) {
  LeaseTable other({kSession.instance, 2}, kNow), table(kSession, kNow + 1s);
  EXPECT_FALSE(table.mayBeOurs(other.add({.messageId = "a", .receipt = "r"}, kNow).id));
  const auto ours = table.add({.messageId = "b", .receipt = "r"}, kNow + 1s).id;
  table.remove(ours);
  EXPECT_FALSE(table.mayBeOurs(ours)) << "this process has forgotten it, so it is over";
}

TEST(LeaseTable, AHandleThatIsNoneIsNobodys) {
  LeaseTable table(kSession, kNow);
  const auto mark = sessionMark(kSession);
  for (const auto& handle :
       std::vector<std::string>{"", "-1", ":", "::", mark, mark + ":1", mark + ":1:", mark + ":1:0:", mark + ":1:r",
                                mark + ":x:0:r", mark + ":-1:0:r", mark + ":99999999999999999999:0:r", mark + ":1:x:r",
                                mark + ":1:-1:r", mark + ":1:2:r", mark + ":1:2:[]", mark + ":1:2:{]r"})
    EXPECT_FALSE(table.mayBeOurs({1, handle})) << handle;
}

}  // namespace
}  // namespace leptir::sqs
