#include "task/json_members.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace leptir::task {
namespace {

using Words = std::vector<std::string>;

Words membersOf(std::string_view text) {
  Words found;
  for (JsonMembers members(text); members.next();) {
    found.push_back(std::string(members.key()) + " " + std::string(members.value()));
  }
  return found;
}

TEST(JsonMembers, AreReturnedAsTheirUnchangedText) {
  EXPECT_EQ(membersOf(R"( { "b" : 123456789012345678901234 , "a":{"x":[1,"}"]},"\u0063\"":"\\" } )"),
            (Words{R"("b" 123456789012345678901234)", R"("a" {"x":[1,"}"]})", R"("\u0063\"" "\\")"}));
  EXPECT_EQ(membersOf("{}"), Words{});
  EXPECT_EQ(membersOf(""), Words{});
  EXPECT_EQ(membersOf("[1,2]"), Words{});
}

TEST(JsonMembers, ReadNoByteOutsideOfATextThatIsNoJson) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (auto length = random() % 12; length > 0; --length) text += "{}[]\",:\\ a1"[random() % 11];
    const std::vector<char> exact(text.begin(), text.end());  // so that AddressSanitizer finds every read outside
    const std::string_view view(exact.data(), exact.size());
    for (JsonMembers members(view); members.next();) EXPECT_LE(members.whole().size(), view.size()) << text;
  }
}

TEST(JsonMembers, ReturnTheLastOfDuplicateNames) {
  EXPECT_EQ(memberOf(R"({"a":1,"\u0061":2,"b":3})", "a"), "2");
  EXPECT_EQ(memberOf(R"({"a":1})", "b"), std::nullopt);
}

TEST(WithMember, ReplacesAnExistingMemberInPlaceAndAppendsANewOne) {
  EXPECT_EQ(withMember(R"({"z": 1, "a": 2})", "z", "[3]"), R"({"z": [3], "a": 2})");
  EXPECT_EQ(withMember(R"({"z":1})", "a\"/", "2"), R"({"z":1,"a\"\/":2})");
  EXPECT_EQ(withMember(" { } ", "a", "2"), R"({ "a":2})");
}

TEST(OnOneLine, DoesNotChangeStrings) {
  EXPECT_EQ(onOneLine("{\n\"a\":\r\n\"b\\n\"}"), "{ \"a\":  \"b\\n\"}");
}

}  // namespace
}  // namespace leptir::task
