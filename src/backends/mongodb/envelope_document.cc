#include "backends/mongodb/envelope_document.h"

#include <cmath>
#include <utility>

#include "backends/mongodb/bson_from_json.h"
#include "backends/mongodb/bson_to_json.h"
#include "task/json_text.h"

namespace leptir::mongodb {
namespace {

// As `leptir.text`: the fields give the bytes back, without the backslashes before `/`.
constexpr std::string_view kPlainSlashes = "/";

bool isField(const ValueView& value) {
  return value.key() != "_id" && value.key() != "leptir";
}

bool isTime(std::string_view key) {
  return key == "ts" || key == "expires";
}

// The time of a double that has no more digits than six decimals; none: it has more, or is no time.
std::optional<Time> wholeMicroseconds(const ValueView& value) {
  if (value.type() != BSON_TYPE_DOUBLE) return {};
  constexpr double kMostExact = 9'007'199'254;  // Unix seconds with six decimals that a double has exactly
  const double seconds = bson_iter_double(&value.iterator());
  if (!(std::abs(seconds) <= kMostExact)) return {};
  const auto micros = std::llround(seconds * 1e6);
  if (static_cast<double>(micros) / 1e6 != seconds) return {};
  return Time(Duration(micros));
}

void appendField(const ValueView& value, std::string& text) {
  task::appendJsonText(value.key(), text);
  text += ':';
  const auto time = isTime(value.key()) ? wholeMicroseconds(value) : std::nullopt;
  if (time) return task::appendUnixSeconds(*time, text);
  appendJson(value, text, 1);
}

std::string writeFields(DocumentView document) {
  std::string text;
  text.reserve(document.bytes());
  char before = '{';
  document.forEach([&](const ValueView& value) {
    if (!isField(value)) return;
    text += before;
    appendField(value, text);
    before = ',';
  });
  text += before == '{' ? "{}" : "}";
  return text;
}

// Of JSON in PHP's form: as most other writers escape it, leptir's among them.
std::string withPlainSlashes(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const bool isEscape = json[i] == '\\' && i + 1 < json.size();
    if (isEscape && json[i + 1] != '/') text += json[i];
    if (isEscape) ++i;
    text += json[i];
  }
  return text;
}

// What has to stand beside the fields of an envelope so that they give its bytes back; empty: nothing.
std::string textBeside(const Document& fields, std::string_view envelope) {
  const auto written = writeFields(fields);
  if (written == envelope) return {};
  return std::string(withPlainSlashes(written) == envelope ? kPlainSlashes : envelope);
}

// Whether `text` gives the fields that the document has now: a person may have changed them.
bool isTextOf(std::string_view text, DocumentView document) {
  const auto converted = documentFromJson(text, Unstorable::Refuse);
  if (!converted) return false;
  Document fields;
  document.forEach([&](const ValueView& value) {
    if (isField(value)) fields.add(value.key(), value);
  });
  return bson_equal(fields.get(), converted->document.get());
}

}  // namespace

Result<EnvelopeFields> fieldsOf(std::string_view envelope) {
  auto converted = documentFromJson(envelope, Unstorable::Refuse);
  if (!converted) return converted.error();
  auto text = textBeside(converted->document, envelope);
  return EnvelopeFields{.fields = std::move(converted->document), .text = std::move(text)};
}

std::string envelopeOf(DocumentView document) {
  const auto text = document.text("leptir.text");
  if (text == kPlainSlashes) return withPlainSlashes(writeFields(document));
  if (text && isTextOf(*text, document)) return std::string(*text);
  return writeFields(document);
}

}  // namespace leptir::mongodb
