#include "backends/mongodb/envelope_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "backends/mongodb/canonical_json.h"
#include "backends/mongodb/random_documents.h"
#include "leptir/json.h"
#include "leptir/spi/encoded_task.h"
#include "task/envelope.h"

namespace leptir::mongodb {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

BrokerTask taskWith(std::string parameters) {
  BrokerTask task;
  task.id = "0190f5c0-1234-7abc-8def-0123456789ab";
  task.name = "App\\Tasks\\image/resize";
  task.parameters = std::move(parameters);
  task.timeLimitSeconds = 30;
  task.timeOfExecution = Time(1900000000s);
  task.maxAttempts = 5;
  task.expires = Time(1900000060s + 100ms);
  task.pushedAt = Time(1795462346s + 667340us);
  return task;
}

std::string envelopeWith(std::string parameters) {
  return EncodedTask::encode(taskWith(std::move(parameters))).value().envelope;
}

// The document of an envelope as it is stored.
Document storedAs(const EnvelopeFields& envelope) {
  Document stored = envelope.fields;
  Document own;
  if (!envelope.text.empty()) own.add("text", envelope.text);
  return stored.add("_id", "id").add("leptir", own);
}

TEST(EnvelopeDocument, HasTheFieldsOfTheEnvelopeInItsOrder) {
  auto task = taskWith(R"({"width":640,"ratio":0.5})");
  task.expires = Time(1900000060s + 250ms);
  task.pushedAt = Time(1795462346s + 500ms);
  const auto envelope = fieldsOf(EncodedTask::encode(task).value().envelope);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(canonicalExtendedJson(envelope->fields),
            R"({ "cn" : "App\\Tasks\\image/resize", "pr" : { "$numberLong" : "0" }, "tl" : { "$numberLong" : "30" }, )"
            R"("toex" : { "$numberLong" : "1900000000" }, "td" : { "id" : "0190f5c0-1234-7abc-8def-0123456789ab", )"
            R"("parameters" : { "width" : { "$numberLong" : "640" }, "ratio" : { "$numberDouble" : "0.5" } } }, )"
            R"("ma" : { "$numberLong" : "5" }, "expires" : { "$numberDouble" : "1900000060.25" }, )"
            R"("ts" : { "$numberDouble" : "1795462346.5" } })");
}

TEST(EnvelopeDocument, NeedsNoTextForWhatLeptirAndPhpWrite) {
  for (const auto* parameters :
       {"[]", R"({"a":[],"b":{},"c":[1,2.5,true,null],"d":"\u010d\/\"\n"})", R"({"f":10.0,"g":1e+20,"h":-0.0001})"}) {
    const auto text = envelopeWith(parameters);
    const auto envelope = fieldsOf(text);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->text, "") << text;
    EXPECT_EQ(envelopeOf(storedAs(*envelope)), text);
  }
}

TEST(EnvelopeDocument, NamesTheEscapingOfParametersInPlaceOfTheirText) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"url":"https://example.org","path":"C:\\/x","t":"\"\n"})", "/"},
      {R"(["/"])", "/"},
      {R"({"ime":"Đorđe","path":"a\/b"})", "u"},
      {R"({"leptir":"🦋"})", "u"},
      {R"({"č":["https://example.org/š",10.0]})", "/u"}};
  for (const auto& [parameters, escaping] : cases) {
    const auto text = envelopeWith(parameters);
    const auto envelope = fieldsOf(text);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->text, escaping) << text;
    EXPECT_EQ(envelopeOf(storedAs(*envelope)), text);
  }
}

TEST(EnvelopeDocument, KeepsTheTextThatTheFieldsWouldNotGiveBack) {
  for (const auto* parameters : {R"({ "a":1})", R"({"a":"č","b":"\u010d"})", R"({"a":"/\/"})", R"({"a":1e2})",
                                 R"({"a":1.50})", R"({"a":123456789012345678901})", R"({"a":-0})"}) {
    const auto text = envelopeWith(parameters);
    const auto envelope = fieldsOf(text);
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->text, text);
    EXPECT_EQ(envelopeOf(storedAs(*envelope)), text);
  }
}

TEST(EnvelopeDocument, GivesTheBytesOfAnyEnvelopeBack) {
  EXPECT_TRUE(rc::check("envelope", [](std::uint32_t seed, std::uint32_t micros) {
    auto task = taskWith(RandomDocuments(seed).jsonObject());
    task.pushedAt = Time(1'700'000'000s + Duration(micros));
    const auto text = EncodedTask::encode(task).value().envelope;
    const auto envelope = fieldsOf(text);
    if (!envelope) RC_FAIL(envelope.error().message());
    RC_ASSERT(envelopeOf(storedAs(*envelope)) == text);
    RC_ASSERT(parseJson(envelopeOf(envelope->fields)).has_value());
  }));
}

TEST(EnvelopeDocument, NeedsNoTextForAnyTime) {
  EXPECT_TRUE(rc::check("time", [](std::uint32_t seconds, std::uint32_t micros) {
    auto task = taskWith("[]");
    task.pushedAt = Time(std::chrono::seconds(seconds) + Duration(micros % 1'000'000));
    task.timeOfExecution = std::nullopt;
    task.expires = *task.pushedAt + 1us;
    RC_ASSERT(fieldsOf(EncodedTask::encode(task).value().envelope)->text == "");
  }));
}

TEST(EnvelopeDocument, IgnoresATextWhoseFieldsWereChanged) {
  auto envelope = fieldsOf(envelopeWith(R"({ "a":"č"})")).value();
  const auto changed = Document().add("cn", "other").add("td", Document().add("parameters", Document().add("a", 2)));
  envelope.fields = changed;
  EXPECT_EQ(envelopeOf(storedAs(envelope)), R"({"cn":"other","td":{"parameters":{"a":2}}})");
}

TEST(EnvelopeDocument, IgnoresATextThatIsNoEnvelope) {
  for (const auto* text : {"", "x", "[]", R"({"cn":"other"})"}) {
    const auto document = Document().add("cn", "a").add("leptir", Document().add("text", text));
    EXPECT_EQ(envelopeOf(document), R"({"cn":"a"})");
  }
}

TEST(EnvelopeDocument, FindsItsFieldsWhereverTheServerPutsTheId) {
  const auto envelope = fieldsOf(envelopeWith(R"({"a": 1})")).value();
  auto stored = Document().add("_id", "id").add("leptir", Document().add("text", envelope.text));
  DocumentView(envelope.fields).forEach([&](const ValueView& value) { stored.add(value.key(), value); });
  EXPECT_EQ(envelopeOf(stored), envelope.text);
}

TEST(EnvelopeDocument, HasTypesOfBsonAsExtendedJsonAndStoresThemAgain) {
  Document parameters;
  parameters.add("when", Time(1795451575s + 123ms));
  bson_append_binary(parameters.mutableBson(), "bytes", -1, BSON_SUBTYPE_BINARY,
                     reinterpret_cast<const std::uint8_t*>("ab"), 2);
  const auto document = Document().add("cn", "a").add("td", Document().add("parameters", parameters));
  const auto text = envelopeOf(document);
  EXPECT_EQ(text, R"({"cn":"a","td":{"parameters":{"when":{"$date":"2026-11-23T16:32:55.123Z"},)"
                  R"("bytes":{"$binary":{"base64":"YWI=","subType":"00"}}}}})");
  const auto again = fieldsOf(text);
  ASSERT_TRUE(again);
  EXPECT_TRUE(bson_equal(again->fields.get(), document.get()));
}

TEST(EnvelopeDocument, GivesJsonForDocumentsOfAnyShape) {
  EXPECT_TRUE(rc::check("document", [](std::uint32_t seed) {
    const auto text = envelopeOf(RandomDocuments(seed).document());
    const auto parsed = parseJson(text);
    if (!parsed) RC_FAIL(text + ": " + parsed.error().message());
    RC_ASSERT(parsed->is_object());
  }));
}

TEST(EnvelopeDocument, OfADocumentThatNestsTooDeepIsNoTask) {
  Document parameters;
  for (int level = 0; level < 600; ++level) parameters = Document().add("d", parameters);
  const auto document = Document().add("cn", "a").add("td", Document().add("id", "x").add("parameters", parameters));
  const auto head = task::decodeEnvelope(envelopeOf(document));
  ASSERT_FALSE(head);
  EXPECT_THAT(head.error().message(), HasSubstr("nests deeper"));
}

TEST(EnvelopeDocument, RefusesNamesThatMongoDbRefuses) {
  const auto refused = fieldsOf(envelopeWith(R"({"a":{"$gt":1}})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("'$gt'"));
}

}  // namespace
}  // namespace leptir::mongodb
