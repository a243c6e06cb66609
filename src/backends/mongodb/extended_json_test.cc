#include "backends/mongodb/extended_json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <functional>
#include <limits>

#include "backends/mongodb/bson_to_json.h"
#include "backends/mongodb/random_documents.h"

namespace leptir::mongodb {
namespace {

struct Example {
  std::function<void(Document&)> append;
  const char* json;
};

std::vector<Example> examples() {
  bson_oid_t id;
  bson_oid_init_from_string(&id, "0123456789abcdef01234567");
  bson_decimal128_t decimal;
  bson_decimal128_from_string("1.50", &decimal);
  const auto date = [](std::int64_t since1970) {
    return [since1970](Document& to) { bson_append_date_time(to.mutableBson(), "v", 1, since1970); };
  };
  const auto number = [](double value) {
    return [value](Document& to) { bson_append_double(to.mutableBson(), "v", 1, value); };
  };
  const auto binary = [](std::string bytes, bson_subtype_t type) {
    return [bytes, type](Document& to) {
      bson_append_binary(to.mutableBson(), "v", 1, type, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                         static_cast<std::uint32_t>(bytes.size()));
    };
  };
  return {
      {date(1'795'451'575'123), R"({"$date":"2026-11-23T16:32:55.123Z"})"},
      {date(1'795'451'575'007), R"({"$date":"2026-11-23T16:32:55.007Z"})"},
      {date(0), R"({"$date":"1970-01-01T00:00:00Z"})"},
      {date(253'402'300'799'999), R"({"$date":"9999-12-31T23:59:59.999Z"})"},
      {date(253'402'300'800'000), R"({"$date":{"$numberLong":"253402300800000"}})"},
      {date(-1), R"({"$date":{"$numberLong":"-1"}})"},
      {number(std::numeric_limits<double>::infinity()), R"({"$numberDouble":"Infinity"})"},
      {number(-std::numeric_limits<double>::infinity()), R"({"$numberDouble":"-Infinity"})"},
      {number(std::numeric_limits<double>::quiet_NaN()), R"({"$numberDouble":"NaN"})"},
      {binary("", BSON_SUBTYPE_BINARY), R"({"$binary":{"base64":"","subType":"00"}})"},
      {binary("a", BSON_SUBTYPE_BINARY), R"({"$binary":{"base64":"YQ==","subType":"00"}})"},
      {binary("ab", BSON_SUBTYPE_MD5), R"({"$binary":{"base64":"YWI=","subType":"05"}})"},
      {binary("\xfb\xff\xfe", BSON_SUBTYPE_USER), R"({"$binary":{"base64":"+//+","subType":"80"}})"},
      {[id](Document& to) { bson_append_oid(to.mutableBson(), "v", 1, &id); },
       R"({"$oid":"0123456789abcdef01234567"})"},
      {[](Document& to) { bson_append_regex(to.mutableBson(), "v", 1, "a/\"b", "im"); },
       R"({"$regularExpression":{"pattern":"a\/\"b","options":"im"}})"},
      {[id](Document& to) { bson_append_dbpointer(to.mutableBson(), "v", 1, "db.c", &id); },
       R"({"$dbPointer":{"$ref":"db.c","$id":{"$oid":"0123456789abcdef01234567"}}})"},
      {[](Document& to) { bson_append_code(to.mutableBson(), "v", 1, "f"); }, R"({"$code":"f"})"},
      {[](Document& to) { bson_append_symbol(to.mutableBson(), "v", 1, "s", 1); }, R"({"$symbol":"s"})"},
      {[](Document& to) { bson_append_code_with_scope(to.mutableBson(), "v", 1, "f", Document().add("x", 1.5).get()); },
       R"({"$code":"f","$scope":{"x":1.5}})"},
      {[](Document& to) { bson_append_timestamp(to.mutableBson(), "v", 1, 4'000'000'000, 7); },
       R"({"$timestamp":{"t":4000000000,"i":7}})"},
      {[decimal](Document& to) { bson_append_decimal128(to.mutableBson(), "v", 1, &decimal); },
       R"({"$numberDecimal":"1.50"})"},
      {[](Document& to) { bson_append_minkey(to.mutableBson(), "v", 1); }, R"({"$minKey":1})"},
      {[](Document& to) { bson_append_maxkey(to.mutableBson(), "v", 1); }, R"({"$maxKey":1})"},
      {[](Document& to) { bson_append_undefined(to.mutableBson(), "v", 1); }, R"({"$undefined":true})"},
  };
}

TEST(ExtendedJson, HasAFormForEachTypeThatJsonLacks) {
  for (const auto& example : examples()) {
    Document document;
    example.append(document);
    std::string text;
    appendExtendedJson(*DocumentView(document).find("v"), text, 0);
    EXPECT_EQ(text, example.json);
  }
}

TEST(ExtendedJson, GivesTheValueBackWithItsType) {
  for (const auto& example : examples()) {
    Document given, read;
    example.append(given);
    ASSERT_TRUE(appendExtendedValue(read.mutableBson(), "v", example.json)) << example.json;
    EXPECT_TRUE(bson_equal(given.get(), read.get())) << example.json;
  }
}

TEST(ExtendedJson, TakesNoOtherTextForAValue) {
  for (const auto* json :
       {R"({"$date":"2026-11-23T16:32:55.120Z" })", R"({"$date":"2026-11-23T16:32:55.12Z"})", R"({"$date":1})",
        R"({"$date":"2026-11-23T17:32:55+01:00"})", R"({"$numberLong":"5"})", R"({"$numberInt":"5"})",
        R"({"$oid":"0123456789ABCDEF01234567"})", R"({"$oid":"x"})", R"({"$foo":1})", R"({"$date":)", "{}", "",
        R"({"$binary":{"base64":"YQ","subType":"00"}})", R"({"$ref":"c","$id":1})", R"({"$undefined":true,"a":1})"}) {
    Document document;
    EXPECT_FALSE(appendExtendedValue(document.mutableBson(), "v", json)) << json;
    EXPECT_TRUE(document.isEmpty());
  }
}

}  // namespace
}  // namespace leptir::mongodb
