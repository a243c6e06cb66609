#include "task/php_values.h"

#include "task/json_text.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace leptir::task {
namespace {

using Kind = JsonItem::Kind;

struct ParsedNumber {
  double value = 0;
  std::size_t length = 0;  // bytes of text that the number has; 0: the text begins with no number
};

bool isBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Parses the number at the beginning of a text, as in "  12.5e3 apples". Unlike PHP, from_chars accepts neither blanks
// nor a plus sign at the beginning, but accepts the words "inf" and "nan".
ParsedNumber parseNumber(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && isBlank(text[at])) ++at;
  std::size_t first = at;
  if (first < text.size() && (text[first] == '+' || text[first] == '-')) ++first;
  if (first < text.size() && text[at] == '+') at = first;
  const bool begins = first < text.size() && (text[first] == '.' || (text[first] >= '0' && text[first] <= '9'));
  if (!begins) return {};
  double value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  if (error == std::errc::invalid_argument) return {};
  // from_chars does not set `value` when the number is too large or too small for a double.
  if (error == std::errc::result_out_of_range) value = text[at] == '-' ? -HUGE_VAL : HUGE_VAL;
  return {value, static_cast<std::size_t>(end - text.data())};
}

std::int64_t truncateToInteger(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  if (value < -0x1p63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

// Converts whole numbers of up to 64 bits exactly, and others by way of a double.
std::int64_t toInteger(std::string_view text) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error == std::errc() && end == text.data() + text.size()) return whole;
  return truncateToInteger(parseNumber(text).value);
}

bool isNumeric(std::string_view text) {
  std::size_t end = parseNumber(text).length;
  if (end == 0) return false;
  while (end < text.size() && isBlank(text[end])) ++end;
  return end == text.size();
}

std::string numberText(std::string_view digits) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
  if (error == std::errc() && end == digits.data() + digits.size()) return std::to_string(whole);
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, parseNumber(digits).value).ptr);
}

}  // namespace

std::int64_t phpIntval(const JsonItem& item) {
  switch (item.kind) {
    case Kind::Number:
    case Kind::Text:
      return toInteger(item.text);
    case Kind::True:
      return 1;
    case Kind::List:
    case Kind::Object:
      return item.empty ? 0 : 1;
    default:
      return 0;
  }
}

std::int64_t phpArithmeticInteger(const JsonItem& item) {
  if (item.kind == Kind::Text && !isNumeric(item.text)) return 0;
  if (item.kind == Kind::List || item.kind == Kind::Object) return 0;
  return phpIntval(item);
}

double numberOrZero(const JsonItem& item) {
  return item.kind == Kind::Number ? parseNumber(item.text).value : 0;
}

double phpArithmeticFloat(const JsonItem& item) {
  const bool isNumber = item.kind == Kind::Number || (item.kind == Kind::Text && isNumeric(item.text));
  return isNumber ? parseNumber(item.text).value : 0;
}

std::string phpStrval(const JsonItem& item) {
  switch (item.kind) {
    case Kind::Text:
      return std::string(item.text);
    case Kind::Number:
      return numberText(item.text);
    case Kind::True:
      return "1";
    case Kind::List:
    case Kind::Object:
      return "Array";
    default:
      return {};
  }
}

}  // namespace leptir::task
