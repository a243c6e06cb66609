#include "leptir/json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace leptir::base {
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

TEST(ParseJson, NamesTheColumnOfTheSyntaxError) {
  const auto answer = parseJson("{\"a\": nope}");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message().find("column 8"), std::string::npos) << answer.error().message();
}

TEST(ParseJson, RefusesInvalidUtf8) {
  EXPECT_FALSE(parseJson("\"\xff\xfe\""));
}

TEST(ParseJson, RefusesANulByteInsteadOfTreatingItAsTheEnd) {
  using namespace std::string_literals;
  for (const auto& text : {"{\"a\":1}\0"s, "{\"a\":1}\0nonsense"s, "\0{}"s, "{\"a\":\"b\0\"}"s}) {
    const auto answer = parseJson(text);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message(), "a NUL byte at byte " + std::to_string(text.find('\0')));
  }
}

TEST(WriteJson, KeepsTheDecimalPointOfFloatsAndWritesAscii) {
  EXPECT_EQ(writeJson(Json{{"f", 10.0}, {"s", "č"}}), R"({"f":10.0,"s":"\u010d"})");
}

TEST(WriteJsonExactly, WritesTextThatParsesBackToTheSameValue) {
  const Json json{{"f", 10.0}, {"list", {1, nullptr, "č"}}};
  const auto text = writeJsonExactly(json);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, writeJson(json));
  EXPECT_EQ(*parseJson(*text), json);
}

TEST(WriteJsonExactly, KeepsTheOrderOfTheKeysOfOrderedJson) {
  const nlohmann::ordered_json json{{"z", 1.0}, {"a", "č"}};
  EXPECT_EQ(writeJsonExactly(json), R"({"z":1.0,"a":"\u010d"})");
  EXPECT_EQ(writeJsonExactly(nlohmann::ordered_json{{"z", {std::nan("")}}}).error().message(),
            "a number is NaN or infinite");
}

TEST(WriteJsonExactly, RefusesValuesThatJsonCannotRepresent) {
  const auto why = [](const Json& json) { return writeJsonExactly(json).error().message(); };
  EXPECT_EQ(why(Json{{"deep", {"a\xff"}}}), "text that is not UTF-8");
  EXPECT_EQ(why(Json{{"a\xff", 1}}), "text that is not UTF-8");
  EXPECT_EQ(why(Json{{"x", std::nan("")}}), "a number is NaN or infinite");
  EXPECT_EQ(why(Json{{"x", -HUGE_VAL}}), "a number is NaN or infinite");
}

TEST(WriteJsonExactly, RefusesOneLevelBeyondTheMaximumDepth) {
  Json json = Json::array();
  for (int level = 1; level < kMaxJsonDepth; ++level) json = Json::array({std::move(json)});
  EXPECT_TRUE(writeJsonExactly(json));
  EXPECT_EQ(writeJsonExactly(Json::array({json})).error().message(), "nests too deep");
}

TEST(NestsDeeperThan, StopsAtTheMaximumDepth) {
  Json json = 1;
  EXPECT_FALSE(nestsDeeperThan(json, 0));
  for (int level = 0; level < 100'000; ++level) {
    Json outer = Json::array();
    outer.push_back(std::move(json));
    json = std::move(outer);
  }
  EXPECT_TRUE(nestsDeeperThan(json, kMaxJsonDepth));
  EXPECT_FALSE(nestsDeeperThan(Json{{"a", {{"b", 1}}}}, 2));
  EXPECT_TRUE(nestsDeeperThan(Json{{"a", {{"b", 1}}}}, 1));
}

TEST(WriteJson, NeverThrowsOnInvalidUtf8) {
  EXPECT_EQ(writeJson(Json("a\xff")), R"("a\ufffd")");
}

}  // namespace
}  // namespace leptir::base
