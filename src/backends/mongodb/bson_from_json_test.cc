#include "backends/mongodb/bson_from_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "backends/mongodb/bson_to_json.h"
#include "backends/mongodb/canonical_json.h"
#include "leptir/json.h"
#include "tests/support/comma_locale.h"

namespace leptir::mongodb {
namespace {

using ::testing::HasSubstr;

std::string stored(std::string_view json, Unstorable unstorable = Unstorable::Refuse) {
  const auto converted = documentFromJson(json, unstorable);
  return converted ? canonicalExtendedJson(converted->document) : converted.error().message();
}

bool isExact(std::string_view json) {
  return documentFromJson(json, Unstorable::Replace).value().isExact;
}

std::string nestedJson(int levels) {
  const auto count = static_cast<std::size_t>(levels - 1);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += R"({"d":)";
  return text + "{}" + std::string(count, '}');
}

TEST(BsonFromJson, KeepsTheOrderAndTheMeaning) {
  EXPECT_EQ(stored(R"({ "z":"\u010d", "a" : [1, [ ],{"b":null}],"t":true,"f":false })"),
            R"({ "z" : "č", "a" : [ { "$numberLong" : "1" }, [  ], { "b" : null } ], "t" : true, "f" : false })");
}

TEST(BsonFromJson, MakesInt64OfIntegersAndDoublesOfOtherNumbers) {
  EXPECT_EQ(stored(R"({"a":-7,"b":9223372036854775807,"c":2.50,"d":1e2})"),
            R"({ "a" : { "$numberLong" : "-7" }, "b" : { "$numberLong" : "9223372036854775807" }, )"
            R"("c" : { "$numberDouble" : "2.5" }, "d" : { "$numberDouble" : "100.0" } })");
  EXPECT_EQ(stored(R"({"a":-0})"), R"({ "a" : { "$numberDouble" : "-0.0" } })");
}

TEST(BsonFromJson, TakesTheNearestDoubleForNumbersThatFitNoType) {
  const auto large = documentFromJson(R"({"a":9223372036854775808})", Unstorable::Refuse).value();
  EXPECT_EQ(bson_iter_double(&DocumentView(large.document).find("a")->iterator()), 9223372036854775808.0);
  EXPECT_EQ(stored(R"({"a":1e999,"b":-1e999,"c":1e-999,"d":-0.1e-999})"),
            R"({ "a" : { "$numberDouble" : "Infinity" }, "b" : { "$numberDouble" : "-Infinity" }, )"
            R"("c" : { "$numberDouble" : "0.0" }, "d" : { "$numberDouble" : "-0.0" } })");
  EXPECT_FALSE(isExact(R"({"a":9223372036854775808})"));
  EXPECT_TRUE(isExact(R"({"a":9223372036854775807})"));
}

TEST(BsonFromJson, DoesNotDependOnTheLocale) {
  const CommaLocale comma;
  EXPECT_EQ(DocumentView(documentFromJson(R"({"a":1.0})", Unstorable::Refuse)->document).integer("a"), 1);
}

TEST(BsonFromJson, KeepsNulInTexts) {
  const auto converted = documentFromJson(R"({"a":"x\u0000y"})", Unstorable::Refuse);
  EXPECT_EQ(DocumentView(converted->document).text("a"), std::string_view("x\0y", 3));
}

TEST(BsonFromJson, MakesTypesOfExtendedJson) {
  EXPECT_EQ(stored(R"({"a":{"$date":"2026-11-23T16:32:55.123Z"},"b":[{"$oid":"0123456789abcdef01234567"}],"c":1})"),
            R"({ "a" : { "$date" : { "$numberLong" : "1795451575123" } }, )"
            R"("b" : [ { "$oid" : "0123456789abcdef01234567" } ], "c" : { "$numberLong" : "1" } })");
}

TEST(BsonFromJson, KeepsReferences) {
  EXPECT_EQ(stored(R"({"a":{"$ref":"c","$id":5,"$db":"d"}})"),
            R"({ "a" : { "$ref" : "c", "$id" : { "$numberLong" : "5" }, "$db" : "d" } })");
}

TEST(BsonFromJson, RefusesNamesThatMongoDbRefusesAndNamesThem) {
  EXPECT_THAT(stored(R"({"a":{"$set":1}})"), HasSubstr("'$set'"));
  EXPECT_THAT(stored(R"({"a":[{"x":{},"$date":"2026-11-23T16:32:55.123Z"}]})"), HasSubstr("'$date'"));
  EXPECT_THAT(stored(R"({"a":{"x\u0000y":1}})"), HasSubstr(R"('x\x00y')"));
  EXPECT_EQ(documentFromJson(R"({"$a":1})", Unstorable::Refuse).error().code(), ErrorCode::Invalid);
}

TEST(BsonFromJson, ReplacesSuchNamesWhereTheCallerWantsIt) {
  EXPECT_EQ(stored(R"({"a":{"$$x":{"$y\u0000":1}}})", Unstorable::Replace),
            R"({ "a" : { "＄$x" : { "＄y␀" : { "$numberLong" : "1" } } } })");
  EXPECT_FALSE(isExact(R"({"a":{"$x":1}})"));
  EXPECT_TRUE(isExact(R"({"a":{"x$":1}})"));
}

TEST(BsonFromJson, TakesAsManyLevelsAsMongoDbStores) {
  EXPECT_TRUE(documentFromJson(nestedJson(kMaxDocumentDepth), Unstorable::Refuse));
  const auto refused = documentFromJson(nestedJson(kMaxDocumentDepth + 1), Unstorable::Refuse);
  EXPECT_THAT(refused.error().message(), HasSubstr("deeper than 93 levels"));
}

TEST(BsonFromJson, WritesWhatNestsTooDeepAsATextWhereTheCallerWantsIt) {
  const auto converted = documentFromJson(nestedJson(kMaxDocumentDepth + 2), Unstorable::Replace);
  ASSERT_TRUE(converted);
  EXPECT_FALSE(converted->isExact);
  std::string json;
  appendJson(DocumentView(converted->document), json, 0);
  EXPECT_THAT(json, HasSubstr(R"({"d":"{\"d\":{}}"})"));
}

TEST(BsonFromJson, RefusesWhatIsNoJsonObject) {
  for (const auto* text :
       {"", "[]", "1", "{", "{}x", R"({"a":})", R"({"a":1,})", R"({"a":01})", R"({"a":"\ud800"})", "{\"a\":\"\xff\"}",
        R"({"a":{"$date":"2026-11-23T16:32:55.123Z"}})"
        "}"}) {
    const auto converted = documentFromJson(text, Unstorable::Replace);
    ASSERT_FALSE(converted) << text;
    EXPECT_EQ(converted.error().code(), ErrorCode::Invalid);
  }
}

}  // namespace
}  // namespace leptir::mongodb
