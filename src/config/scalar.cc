#include "config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace leptir::config {
namespace {

constexpr std::array<std::string_view, 6> kBooleans = {"true", "True", "TRUE", "false", "False", "FALSE"};
constexpr std::array<std::string_view, 6> kNotFinite = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t countDigits(std::string_view word) {
  return static_cast<std::size_t>(std::ranges::find_if_not(word, isDigit) - word.begin());
}

std::string_view withoutSign(std::string_view word) {
  return word.starts_with('-') || word.starts_with('+') ? word.substr(1) : word;
}

// `e5`, `E-5`, or nothing.
bool isExponent(std::string_view word) {
  if (word.empty()) return true;
  if (word[0] != 'e' && word[0] != 'E') return false;
  const auto digits = withoutSign(word.substr(1));
  return !digits.empty() && countDigits(digits) == digits.size();
}

ScalarKind kindOfNumber(std::string_view word) {
  const auto whole = countDigits(word);
  const bool zeroLeads = whole > 1 && word[0] == '0';
  auto rest = word.substr(whole);
  if (rest.empty()) return zeroLeads ? ScalarKind::LeadingZero : ScalarKind::Integer;
  std::size_t decimals = 0;
  if (rest[0] == '.') {
    decimals = countDigits(rest.substr(1));
    rest.remove_prefix(1 + decimals);
  }
  if (whole + decimals == 0 || !isExponent(rest)) return ScalarKind::Text;
  return zeroLeads ? ScalarKind::LeadingZero : ScalarKind::Fraction;
}

template <class Number>
std::optional<Number> parsed(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  Number number{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return {};
  return number;
}

}  // namespace

ScalarKind kindOf(std::string_view word) {
  if (std::ranges::find(kBooleans, word) != kBooleans.end()) return ScalarKind::Boolean;
  const auto number = withoutSign(word);
  if (number.empty()) return ScalarKind::Text;
  if (std::ranges::find(kNotFinite, number) != kNotFinite.end()) return ScalarKind::NotFinite;
  if (number.size() > 2 && number[0] == '0' && (number[1] == 'x' || number[1] == 'X' || number[1] == 'o'))
    return ScalarKind::OtherBase;
  if (isDigit(number[0]) || number[0] == '.') return kindOfNumber(number);
  return ScalarKind::Text;
}

std::optional<std::int64_t> integerOf(std::string_view word) {
  return parsed<std::int64_t>(word);
}

std::optional<double> fractionOf(std::string_view word) {
  const auto number = parsed<double>(word);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

}  // namespace leptir::config
