#include "config/values.h"

#include <fmt/format.h>

#include <charconv>

#include "base/escape.h"
#include "config/scalar.h"
#include "config/variables.h"

namespace leptir::config {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 50;
constexpr double kMaxSeconds = 100.0 * 365 * 24 * 3600;
constexpr std::size_t kMaxNameBytes = 255;

// A scalar whose variables have been replaced by their values.
struct Word {
  std::string text;
  ScalarKind kind = ScalarKind::Text;
  bool hasVariableValue = false;  // holds the value of a variable, which is text: may be read as any type
};

std::optional<Word> readWord(const Node& node, std::string_view what, ConfigErrors& errors,
                             BracesInVariables braces = BracesInVariables::Kept) {
  auto expanded = expandVariables(node.text, braces);
  if (!expanded) {
    const auto add = expanded.error().code() == ErrorCode::NotFound ? &ConfigErrors::addMissing : &ConfigErrors::add;
    (errors.*add)(node.line, fmt::format("{}: {}", what, expanded.error().message()));
    return {};
  }
  const bool mayBeNumber = !node.quoted || expanded->hasVariableValue;
  const auto kind = mayBeNumber ? kindOf(expanded->text) : ScalarKind::Text;
  return Word{std::move(expanded->text), kind, expanded->hasVariableValue};
}

// A number counts in quotes, too, since PHP's configurations write '6379'.
std::optional<Word> readNumericWord(const Node& node, std::string_view what, ConfigErrors& errors) {
  auto word = readWord(node, what, errors);
  if (word) word->kind = kindOf(word->text);
  return word;
}

std::string_view describe(ScalarKind kind) {
  switch (kind) {
    case ScalarKind::Text:
      return "a text";
    case ScalarKind::Boolean:
      return "true or false";
    case ScalarKind::Integer:
      return "a whole number";
    case ScalarKind::Fraction:
      return "a number with a fraction";
    case ScalarKind::LeadingZero:
      return "a number that begins with 0, which some would read as octal: write it without";
    case ScalarKind::OtherBase:
      return "not decimal: write it in decimal";
    case ScalarKind::NotFinite:
      return "not finite";
  }
  return "something else";
}

std::nullopt_t refuse(const Node& node, std::string_view what, std::string_view wanted, std::string_view found,
                      ConfigErrors& errors) {
  errors.add(node.line, fmt::format("{} must be {}, but is {}", what, wanted, found));
  return std::nullopt;
}

std::nullopt_t refuse(const Node& node, std::string_view what, std::string_view wanted, ConfigErrors& errors) {
  return refuse(node, what, wanted, leptir::config::describe(node), errors);
}

std::optional<std::string> expandScalar(const Node& node, std::string_view what, BracesInVariables braces,
                                        ConfigErrors& errors) {
  if (node.kind != Node::Kind::Scalar) return refuse(node, what, "a text", errors);
  auto word = readWord(node, what, errors, braces);
  if (!word) return {};
  return std::move(word->text);
}

bool hasControlCharacter(const std::string& text) {
  return base::escaped(text) != text;
}

std::optional<Json> readJsonScalar(const Node& node, std::string_view what, ConfigErrors& errors) {
  const auto word = readWord(node, what, errors);
  if (!word) return {};
  if (word->hasVariableValue || word->kind == ScalarKind::Text) return Json(word->text);
  if (word->kind == ScalarKind::Boolean) return Json(word->text[0] == 't' || word->text[0] == 'T');
  if (const auto whole = integerOf(word->text); whole && word->kind == ScalarKind::Integer) return Json(*whole);
  if (const auto number = fractionOf(word->text); number && word->kind == ScalarKind::Fraction) return Json(*number);
  return refuse(node, what, "a text, a number, true or false", describe(word->kind), errors);
}

}  // namespace

std::string_view describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      return "empty: leave the key out";
    case Node::Kind::List:
      return "a list";
    case Node::Kind::Map:
      return "a map";
    case Node::Kind::Scalar:
      return describe(node.quoted ? ScalarKind::Text : kindOf(node.text));
  }
  return "something else";
}

std::optional<std::string> readText(const Node& node, std::string_view what, ConfigErrors& errors) {
  if (node.kind != Node::Kind::Scalar) return refuse(node, what, "a text", errors);
  auto word = readWord(node, what, errors);
  if (!word) return {};
  if (word->kind == ScalarKind::Text || word->hasVariableValue) return std::move(word->text);
  errors.add(node.line, fmt::format("{} must be a text: put it in quotes", what));
  return {};
}

std::optional<std::string> readName(const Node& node, std::string_view what, ConfigErrors& errors) {
  auto name = readText(node, what, errors);
  if (!name) return {};
  const bool isName = !name->empty() && name->size() <= kMaxNameBytes && !hasControlCharacter(*name);
  if (isName) return name;
  errors.add(node.line, fmt::format("{} must be 1 to {} bytes without control characters", what, kMaxNameBytes));
  return {};
}

std::optional<std::string> readArgument(const Node& node, std::string_view what, ConfigErrors& errors) {
  return expandScalar(node, what, BracesInVariables::Doubled, errors);
}

std::optional<std::string> readScalarAsText(const Node& node, std::string_view what, ConfigErrors& errors) {
  return expandScalar(node, what, BracesInVariables::Kept, errors);
}

std::optional<std::int64_t> readInteger(const Node& node, std::string_view what, ConfigErrors& errors) {
  constexpr std::string_view kWanted = "a whole number";
  if (node.kind != Node::Kind::Scalar) return refuse(node, what, kWanted, errors);
  const auto word = readNumericWord(node, what, errors);
  if (!word) return {};
  if (word->kind != ScalarKind::Integer) return refuse(node, what, kWanted, describe(word->kind), errors);
  const auto number = integerOf(word->text);
  if (!number) return refuse(node, what, kWanted, "too large", errors);
  return number;
}

std::optional<std::int64_t> readIntegerInRange(std::int64_t lowest, std::int64_t highest, const Node& node,
                                               std::string_view what, ConfigErrors& errors) {
  const auto number = readInteger(node, what, errors);
  if (!number || (*number >= lowest && *number <= highest)) return number;
  errors.add(node.line, fmt::format("{} must be from {} to {}", what, lowest, highest));
  return {};
}

std::optional<double> readNumber(const Node& node, std::string_view what, ConfigErrors& errors) {
  constexpr std::string_view kWanted = "a number";
  if (node.kind != Node::Kind::Scalar) return refuse(node, what, kWanted, errors);
  const auto word = readNumericWord(node, what, errors);
  if (!word) return {};
  const bool isNumber = word->kind == ScalarKind::Integer || word->kind == ScalarKind::Fraction;
  if (!isNumber) return refuse(node, what, kWanted, describe(word->kind), errors);
  const auto number = fractionOf(word->text);
  if (!number) return refuse(node, what, kWanted, "too large or too small", errors);
  return number;
}

std::optional<bool> readBoolean(const Node& node, std::string_view what, ConfigErrors& errors) {
  constexpr std::string_view kWanted = "true or false";
  if (node.kind != Node::Kind::Scalar) return refuse(node, what, kWanted, errors);
  const auto word = readWord(node, what, errors);
  if (!word) return {};
  if (word->kind != ScalarKind::Boolean) return refuse(node, what, kWanted, describe(word->kind), errors);
  return word->text[0] == 't' || word->text[0] == 'T';
}

std::optional<std::uint64_t> readBytes(const Node& node, std::string_view what, ConfigErrors& errors) {
  static constexpr std::string_view kUnits = "KMGT";
  const auto word = readScalarAsText(node, what, errors);
  if (!word) return {};
  std::uint64_t number = 0;
  const auto* end = word->data() + word->size();
  const auto [rest, error] = std::from_chars(word->data(), end, number);
  const auto unit = rest + 1 == end ? kUnits.find(*rest) : std::string_view::npos;
  const auto shift = unit == std::string_view::npos ? 0 : 10 * (unit + 1);
  const bool whole = error == std::errc() && (rest == end || unit != std::string_view::npos);
  if (whole && number > 0 && number <= (kMaxBytes >> shift)) return number << shift;
  errors.add(node.line, fmt::format("{} must be a number of bytes, or one with K, M, G or T behind it: 512M", what));
  return {};
}

std::optional<Duration> readSeconds(const Node& node, std::string_view what, ConfigErrors& errors) {
  const auto seconds = readNumber(node, what, errors);
  if (!seconds) return {};
  if (*seconds < 0 || *seconds > kMaxSeconds) {
    errors.add(node.line, fmt::format("{} must be seconds from 0 to {:.0f}", what, kMaxSeconds));
    return {};
  }
  return std::chrono::round<Duration>(std::chrono::duration<double>(*seconds));
}

std::optional<Json> readJson(const Node& node, std::string_view what, ConfigErrors& errors) {
  if (node.kind == Node::Kind::Null) return Json();
  if (node.kind == Node::Kind::Scalar) return readJsonScalar(node, what, errors);
  Json json = node.kind == Node::Kind::List ? Json::array() : Json::object();
  for (const auto& item : node.items) {
    if (auto value = readJson(item, what, errors)) json.push_back(std::move(*value));
  }
  for (const auto& entry : node.entries) {
    if (auto value = readJson(entry.value, what, errors)) json[entry.key] = std::move(*value);
  }
  return json;
}

}  // namespace leptir::config
