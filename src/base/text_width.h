// Texts in the columns of a terminal. They are valid UTF-8 without control characters, as base/escape.h makes them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leptir::base {

// How many columns the text takes.
std::size_t textWidth(std::string_view text);

// How many bytes the first `width` columns take, with the combining characters behind them. A wide character that would
// be split does not count.
std::size_t bytesWithin(std::string_view text, std::size_t width);

// The first `width` columns. What is cut off shows as `mark`, which takes one column, in the last one.
std::string ellipsizeToWidth(std::string_view text, std::size_t width, std::string_view mark = "…");

// Pieces of at most `width` columns; an empty text is one empty piece. A character that is wider than `width` stands
// alone.
std::vector<std::string> splitAtWidth(std::string_view text, std::size_t width);

}  // namespace leptir::base
