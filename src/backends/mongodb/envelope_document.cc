#include "backends/mongodb/envelope_document.h"

#include <cmath>
#include <utility>

#include "backends/mongodb/bson_from_json.h"
#include "backends/mongodb/bson_to_json.h"
#include "backends/mongodb/json_escaping.h"
#include "task/json_text.h"

namespace leptir::mongodb {
namespace {

bool isEnvelopeField(const ValueView& value) {
  return value.key() != "_id" && value.key() != "leptir";
}

bool isTimeField(std::string_view key) {
  return key == "ts" || key == "expires";
}

// The time of a double that has no more digits than six decimals; none: it has more, or is no time.
std::optional<Time> timeOfUnixSeconds(const ValueView& value) {
  if (value.type() != BSON_TYPE_DOUBLE) return {};
  constexpr double kMaxExact = 9'007'199'254;  // Unix seconds with six decimals that a double has exactly
  const double seconds = bson_iter_double(&value.iterator());
  if (!(std::abs(seconds) <= kMaxExact)) return {};
  const auto micros = std::llround(seconds * 1e6);
  if (static_cast<double>(micros) / 1e6 != seconds) return {};
  return Time(Duration(micros));
}

// `escaping`: that of `td`, which has the parameters; all else is leptir's own, and escaped as PHP does it.
void appendField(const ValueView& value, std::string_view escaping, std::string& text) {
  task::appendPhpJsonString(value.key(), text);
  text += ':';
  const auto time = isTimeField(value.key()) ? timeOfUnixSeconds(value) : std::nullopt;
  if (time) return task::appendUnixSeconds(*time, text);
  if (escaping.empty() || value.key() != "td") return appendJson(value, text, 1);
  std::string json;
  appendJson(value, json, 1);
  text += withEscaping(json, escaping);
}

std::string writeFields(DocumentView document, std::string_view escaping = {}) {
  std::string text;
  text.reserve(document.bytes());
  char before = '{';
  document.forEach([&](const ValueView& value) {
    if (!isEnvelopeField(value)) return;
    text += before;
    appendField(value, escaping, text);
    before = ',';
  });
  text += before == '{' ? "{}" : "}";
  return text;
}

// What has to stand beside the fields of an envelope so that they give its bytes back; empty: nothing.
std::string textToRestoreEnvelope(const Document& fields, std::string_view envelope) {
  if (writeFields(fields) == envelope) return {};
  for (const auto& each : possibleEscapings(envelope)) {
    if (writeFields(fields, each) == envelope) return std::string(each);
  }
  return std::string(envelope);
}

// Whether `text` gives the fields that the document has now: a person may have changed them.
bool textMatchesFields(std::string_view text, DocumentView document) {
  const auto converted = documentFromJson(text, Unstorable::Refuse);
  if (!converted) return false;
  Document fields;
  document.forEach([&](const ValueView& value) {
    if (isEnvelopeField(value)) fields.add(value.key(), value);
  });
  return bson_equal(fields.get(), converted->document.get());
}

}  // namespace

Result<EnvelopeFields> fieldsOf(std::string_view envelope) {
  auto converted = documentFromJson(envelope, Unstorable::Refuse);
  if (!converted) return converted.error();
  auto text = textToRestoreEnvelope(converted->document, envelope);
  return EnvelopeFields{.fields = std::move(converted->document), .text = std::move(text)};
}

std::string envelopeOf(DocumentView document) {
  const auto text = document.text("leptir.text");
  if (text && isEscaping(*text)) return writeFields(document, *text);
  if (text && textMatchesFields(*text, document)) return std::string(*text);
  return writeFields(document);
}

}  // namespace leptir::mongodb
