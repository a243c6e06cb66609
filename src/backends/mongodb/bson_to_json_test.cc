#include "backends/mongodb/bson_to_json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

#include "backends/mongodb/random_documents.h"
#include "base/utf8.h"
#include "leptir/json.h"
#include "tests/support/comma_locale.h"

namespace leptir::mongodb {
namespace {

std::string json(const Document& document) {
  std::string text;
  appendJson(DocumentView(document), text, 0);
  return text;
}

std::string json(double number) {
  return json(Document().add("n", number));
}

// {"d":{"d":…{}}} with that many levels.
Document nestedDocument(int levels) {
  Document document;
  for (int level = 1; level < levels; ++level) document = Document().add("d", document);
  return document;
}

TEST(BsonToJson, WritesCompactJsonInTheOrderOfTheFields) {
  const std::vector<std::string> list = {"a", "b"};
  const auto document = Document().add("z", 1).add("a", Document().add("t", true).addNull("n")).add("l", list);
  EXPECT_EQ(json(document), R"({"z":1,"a":{"t":true,"n":null},"l":["a","b"]})");
  EXPECT_EQ(json(Document()), "{}");
}

TEST(BsonToJson, EscapesTextsAndNamesAsPhpDoes) {
  EXPECT_EQ(json(Document().add("a/č", "\"\\\n🦋")), R"({"a\/\u010d":"\"\\\n\ud83e\udd8b"})");
}

TEST(BsonToJson, WritesBytesThatAreNotUtf8AsUPlusFffd) {
  EXPECT_EQ(json(Document().add("a\xff", "b\xc3")), R"({"a\ufffd":"b\ufffd"})");
}

TEST(BsonToJson, WritesDoublesSoThatTheyStayDoubles) {
  EXPECT_EQ(json(10.0), R"({"n":10.0})");
  EXPECT_EQ(json(-0.0), R"({"n":-0.0})");
  EXPECT_EQ(json(0.1), R"({"n":0.1})");
  EXPECT_EQ(json(1795451575.123456), R"({"n":1795451575.123456})");
  EXPECT_EQ(json(123456789012345.0), R"({"n":123456789012345.0})");
  EXPECT_EQ(json(1e20), R"({"n":1e+20})");
  EXPECT_EQ(json(1.5020370483398438e-5), R"({"n":1.5020370483398438e-05})");
}

TEST(BsonToJson, WritesDoublesAsLeptirsJsonDoes) {
  for (const double number : {0.0, 1.0, -2.5, 0.0001, 0.00012, 0.00001, 999999999999999.0, 1e15, 1.25e15, 1e-300,
                              5e-324, 1.7976931348623157e308, 0.1, 1795451575.123456})
    EXPECT_EQ(json(number), writeJson(Json{{"n", number}}));
}

TEST(BsonToJson, WritesAllDigitsOfADouble) {
  EXPECT_TRUE(rc::check("double", [](double number) {
    RC_PRE(std::isfinite(number));
    RC_ASSERT(parseJson(json(number))->at("n").get<double>() == number);
  }));
}

TEST(BsonToJson, DoesNotDependOnTheLocale) {
  const CommaLocale comma;
  EXPECT_EQ(json(0.5), R"({"n":0.5})");
}

TEST(BsonToJson, KeepsAllLevelsThatReadersOfJsonAccept) {
  const auto text = json(nestedDocument(kMaxJsonDepth));
  EXPECT_TRUE(parseJson(text));
  EXPECT_EQ(std::count(text.begin(), text.end(), '{'), kMaxJsonDepth);
}

TEST(BsonToJson, CutsDeeperDocumentsOneLevelAfterThat) {
  const auto text = json(nestedDocument(kMaxJsonDepth + 500));
  EXPECT_FALSE(parseJson(text));
  EXPECT_TRUE(parseJson(text, kMaxJsonDepth + 1));
}

TEST(BsonToJson, WritesJsonForDocumentsOfAnyShape) {
  EXPECT_TRUE(rc::check("document", [](std::uint32_t seed) {
    const auto text = json(RandomDocuments(seed).document());
    const auto parsed = parseJson(text);
    if (!parsed) RC_FAIL(text + ": " + parsed.error().message());
    RC_ASSERT(base::isUtf8(text));
  }));
}

TEST(BsonToJson, WritesJsonForBytesThatAreNoDocument) {
  EXPECT_TRUE(rc::check("bytes", [](std::uint32_t seed) {
    RandomDocuments random(seed);
    const auto document = random.document();
    std::string bytes(reinterpret_cast<const char*>(bson_get_data(document.get())), document.bytes());
    for (auto changes = random.below(4); changes > 0; --changes)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(random.below(256));
    std::string text;
    appendJson(DocumentView(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size())), text, 0);
    RC_ASSERT(parseJson(text).has_value());
  }));
}

}  // namespace
}  // namespace leptir::mongodb
