// Cursors of lists: a few whole numbers as text, which a store reads again when a caller asks for the next page.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::base {

// The numbers with colons between them: 1:-20:3.
template <std::size_t count>
std::string cursorOf(const std::array<std::int64_t, count>& numbers) {
  std::string cursor;
  for (const auto number : numbers) cursor.append(cursor.empty() ? "" : ":").append(std::to_string(number));
  return cursor;
}

// The inverse. nullopt: the text is no such cursor.
template <std::size_t count>
std::optional<std::array<std::int64_t, count>> numbersIn(std::string_view cursor) {
  std::array<std::int64_t, count> numbers{};
  const auto* next = cursor.data();
  const auto* const end = next + cursor.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && (next == end || *next++ != ':')) return {};
    const auto [behind, error] = std::from_chars(next, end, numbers[i]);
    if (error != std::errc()) return {};
    next = behind;
  }
  return next == end ? std::optional(numbers) : std::nullopt;
}

inline Error noSuchCursor(std::string_view cursor) {
  return Error(ErrorCode::Invalid, "'" + std::string(cursor.substr(0, 100)) +
                                       "' is no cursor of this store; begin the list again, with an empty cursor");
}

}  // namespace leptir::base
