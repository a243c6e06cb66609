#include "meta/json_merge.h"

#include <gtest/gtest.h>

#include "leptir/json.h"

namespace leptir::meta {
namespace {

TEST(MergeJsonObjects, KeepsTheOrderAndAppendsNewKeys) {
  EXPECT_EQ(mergeJsonObjects(R"({"b":1,"a":2})", R"({"a":3,"z":4,"c":5})"), R"({"b":1,"a":3,"z":4,"c":5})");
  EXPECT_EQ(mergeJsonObjects("{}", R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(mergeJsonObjects(R"({"a":1})", "{}"), R"({"a":1})");
}

TEST(MergeJsonObjects, MergesObjectsAndJoinsLists) {
  EXPECT_EQ(mergeJsonObjects(R"({"o":{"x":1,"y":[1]},"l":[1,{"a":"]"}],"e":[]})",
                             R"({"o":{"y":[2],"x":{"n":0}},"l":["2"],"e":[]})"),
            R"({"o":{"x":{"n":0},"y":[1,2]},"l":[1,{"a":"]"},"2"],"e":[]})");
  EXPECT_EQ(mergeJsonObjects(R"({"o":{},"l":[],"v":1})", R"({"o":[1],"l":{"a":1},"v":null})"),
            R"({"o":[1],"l":{"a":1},"v":null})");
}

TEST(MergeJsonObjects, IgnoresBracketsAndQuotesInsideStrings) {
  EXPECT_EQ(mergeJsonObjects(R"({"a\"}":"}]\\","b":"\"," })", R"({ "c" : [ "{" , 1 ] })"),
            R"({"a\"}":"}]\\","b":"\",","c":[ "{" , 1 ]})");
}

TEST(MergeJsonObjects, LeavesNumbersAsTheyAreWritten) {
  EXPECT_EQ(mergeJsonObjects(R"({"n":123456789012345678901234567890,"f":1.0e-5})", R"({"m":-1})"),
            R"({"n":123456789012345678901234567890,"f":1.0e-5,"m":-1})");
}

TEST(MergeJsonObjects, NeedsNoStackForDeepNesting) {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  EXPECT_EQ(mergeJsonObjects("{\"a\":" + deep + "}", R"({"b":1})"), "{\"a\":" + deep + ",\"b\":1}");
}

// Comparing each key with every other key would take an hour.
TEST(MergeJsonObjects, TakesTimeInProportionToTheNumberOfKeys) {
  Json many = Json::object();
  for (int i = 0; i < 400'000; ++i) many["key" + std::to_string(i)] = i;
  const auto text = writeJson(many);
  EXPECT_EQ(*parseJson(mergeJsonObjects(text, text)), many);
}

}  // namespace
}  // namespace leptir::meta
