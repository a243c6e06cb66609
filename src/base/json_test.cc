#include "leptir/json.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

TEST(ParseJson, AcceptsExactlyTheDepthThatPhpAccepts) {
  const std::string open(kMaxJsonDepth, '['), close(kMaxJsonDepth, ']');
  EXPECT_TRUE(parseJson(open + close));
  EXPECT_FALSE(parseJson("[" + open + close + "]"));
}

TEST(ParseJson, DoesNotCountBracketsInsideText) {
  EXPECT_TRUE(parseJson(R"({"a":"[[[\"[[["})", 1));
}

TEST(ParseJson, SurvivesMillionsOfBrackets) {
  const auto answer = parseJson(std::string(5'000'000, '['));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
}

TEST(ParseJson, SaysWhereTheMistakeIs) {
  const auto answer = parseJson("{\"a\": nope}");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message().find("column 8"), std::string::npos) << answer.error().message();
}

TEST(ParseJson, RefusesInvalidUtf8) {
  EXPECT_FALSE(parseJson("\"\xff\xfe\""));
}

TEST(WriteJson, KeepsFloatsFloatsAndWritesAscii) {
  EXPECT_EQ(writeJson(Json{{"f", 10.0}, {"s", "č"}}), R"({"f":10.0,"s":"\u010d"})");
}

TEST(WriteJson, NeverThrowsOnInvalidUtf8) {
  EXPECT_EQ(writeJson(Json("a\xff")), R"("a\ufffd")");
}

}  // namespace
}  // namespace leptir
