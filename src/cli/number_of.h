// Numbers that a user wrote.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace leptir::cli {

// The whole text as a number; nullopt if it is none, or does not fit the type.
template <class Number>
std::optional<Number> numberOf(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool isWhole = error == std::errc() && end == text.data() + text.size();
  return isWhole ? std::optional(number) : std::nullopt;
}

}  // namespace leptir::cli
