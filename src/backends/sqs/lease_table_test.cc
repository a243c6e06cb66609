#include "backends/sqs/lease_table.h"

#include <gtest/gtest.h>

namespace leptir::sqs {
namespace {

using namespace std::chrono_literals;

const Time kOpened(std::chrono::seconds(1'764'500'000));
using Attributes = std::vector<MessageAttribute>;
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

TEST(LeaseTable, ANumberIsAboveThatOfTheLeaseBeforeItAlsoByAClockThatIsBehind) {
  LeaseTable table(kSession, kOpened);
  const auto before = static_cast<std::uint64_t>((kOpened + 5s).time_since_epoch().count());
  EXPECT_EQ(table.add({.receipt = "r", .previous = before}, kOpened).id.number, before + 1);
  LeaseTable another(kSession, kOpened);
  const auto number = another.add({.receipt = "r", .previous = ~std::uint64_t{0}}, kOpened).id.number;
  EXPECT_LT(number, before) << "no instance has given that number";
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
  const auto found = table.readIfOurs(id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->receipt, "r:with:colons");
  EXPECT_EQ(found->received, kOpened);
  EXPECT_EQ(found->others, Attributes{});
}

TEST(LeaseTable, AnEarlierProcessSaysTheAttributesOfOtherProgramsOrThatTheyHaveNoRoom) {
  const Attributes few{{.name = "a:b", .type = "String", .text = "\"\n:"},
                       {.name = "c", .type = "Binary", .binary = "AA=="}};
  const Attributes many{{.name = "a", .type = "String", .text = std::string(1500, 'x')}};
  LeaseTable earlier(kSession, kOpened), table(kSession, kOpened + 1s);
  const std::string receipt(500, 'r');
  const auto withFew = table.readIfOurs(earlier.add({.messageId = "a", .receipt = receipt, .others = few}, kOpened).id);
  ASSERT_TRUE(withFew);
  EXPECT_EQ(withFew->others, few);
  EXPECT_EQ(withFew->receipt, receipt);
  const auto withMany =
      table.readIfOurs(earlier.add({.messageId = "b", .receipt = receipt, .others = many}, kOpened).id);
  ASSERT_TRUE(withMany);
  EXPECT_EQ(withMany->others, std::nullopt);
  EXPECT_EQ(withMany->receipt, receipt);
}

TEST(LeaseTable, AHandleIsNoLongerThanAStoreMayHave) {
  LeaseTable table({kSession.instance, ~std::uint64_t{0}}, kOpened);
  for (std::size_t bytes = 0; bytes < 200; ++bytes) {
    const Attributes others{{.name = "a", .type = "String", .text = std::string(bytes, 'x')}};
    const auto id = table.add({.receipt = std::string(kMaxReceiptBytes, 'r'), .others = others}, kOpened).id;
    EXPECT_LE(id.handle.size(), kMaxHandleBytes) << bytes;
  }
}

TEST(LeaseTable, ALeaseOfAnotherSessionOrOfThisProcessIsNotAskedFor) {
  LeaseTable other({kSession.instance, 2}, kOpened), table(kSession, kOpened + 1s);
  EXPECT_FALSE(table.readIfOurs(other.add({.messageId = "a", .receipt = "r"}, kOpened).id));
  const auto ours = table.add({.messageId = "b", .receipt = "r"}, kOpened + 1s).id;
  table.remove(ours);
  EXPECT_FALSE(table.readIfOurs(ours)) << "this process has forgotten it, so it is over";
}

TEST(LeaseTable, AHandleThatIsNoneIsNobodys) {
  LeaseTable table(kSession, kOpened);
  const auto mark = shortSessionName(kSession);
  for (const auto& handle :
       std::vector<std::string>{"", "-1", ":", "::", mark, mark + ":1", mark + ":1:", mark + ":1:0:", mark + ":1:r",
                                mark + ":x:0:r", mark + ":-1:0:r", mark + ":99999999999999999999:0:r", mark + ":1:x:r",
                                mark + ":1:-1:r", mark + ":1:2:r", mark + ":1:2:[]", mark + ":1:2:{]r"})
    EXPECT_FALSE(table.readIfOurs({1, handle})) << handle;
}

}  // namespace
}  // namespace leptir::sqs
