#include "backends/mongodb/bson_to_json.h"

#include <charconv>
#include <cmath>
#include <iterator>

#include "backends/mongodb/extended_json.h"
#include "leptir/json.h"
#include "task/json_text.h"

namespace leptir::mongodb {
namespace {

// Like writeJson: without an exponent from 1e-4 on and below 1e15.
void appendFinite(double number, std::string& text) {
  const double size = std::abs(number);
  const bool isFixed = size == 0 || (size >= 1e-4 && size < 1e15);
  char digits[40];
  const auto format = isFixed ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number, format).ptr;
  const std::string_view written(digits, end);
  text += written;
  if (isFixed && written.find('.') == std::string_view::npos) text += ".0";
}

void appendObject(DocumentView object, std::string& text, int depth) {
  char before = '{';
  object.forEach([&](const ValueView& value) {
    text += before;
    task::appendPhpJsonString(value.key(), text);
    text += ':';
    appendJson(value, text, depth);
    before = ',';
  });
  text += before == '{' ? "{}" : "}";
}

void appendList(DocumentView list, std::string& text, int depth) {
  char before = '[';
  list.forEach([&](const ValueView& value) {
    text += before;
    appendJson(value, text, depth);
    before = ',';
  });
  text += before == '[' ? "[]" : "]";
}

DocumentView emptyIfTooDeep(DocumentView contents, int depth) {
  return depth < kMaxJsonDepth ? contents : DocumentView(std::span<const std::uint8_t>());
}

}  // namespace

void appendJson(DocumentView document, std::string& text, int depth) {
  appendObject(emptyIfTooDeep(document, depth), text, depth + 1);
}

void appendJson(const ValueView& value, std::string& text, int depth) {
  const auto& at = value.iterator();
  switch (value.type()) {
    case BSON_TYPE_UTF8:
      return task::appendPhpJsonString(*value.text(), text);
    case BSON_TYPE_INT32:
      return task::appendInteger(bson_iter_int32(&at), text);
    case BSON_TYPE_INT64:
      return task::appendInteger(bson_iter_int64(&at), text);
    case BSON_TYPE_BOOL:
      return void(text += bson_iter_bool(&at) ? "true" : "false");
    case BSON_TYPE_NULL:
      return void(text += "null");
    case BSON_TYPE_DOCUMENT:
      return appendJson(*value.document(), text, depth);
    case BSON_TYPE_ARRAY:
      return appendList(emptyIfTooDeep(*value.document(), depth), text, depth + 1);
    case BSON_TYPE_DOUBLE:
      if (std::isfinite(bson_iter_double(&at))) return appendFinite(bson_iter_double(&at), text);
      return appendExtendedJson(value, text, depth);
    default:
      return appendExtendedJson(value, text, depth);
  }
}

}  // namespace leptir::mongodb
