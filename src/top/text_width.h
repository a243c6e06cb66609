// Texts in the columns of a terminal. A character may take no column (an accent), one, or two (Chinese, emoji).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leptir::top {

// What the terminal can show. Ascii: characters that the locale cannot show become `?`.
enum class Encoding { Utf8, Ascii };
enum class Align { Left, Right };

// The text as the screen may show it, in one line: control characters, marks of text direction and invalid bytes are
// escaped, joiners and variation selectors left out, and characters become `?` whose width the C library (wcwidth) does
// not know, or counts in another way. LC_CTYPE must be a UTF-8 locale for Encoding::Utf8.
std::string displayable(std::string_view text, Encoding encoding);

// How many columns a displayable text takes.
std::size_t widthOf(std::string_view displayable);

// The first `width` columns of a displayable text. What is cut off shows as "…" (Ascii: "~") in the last column.
std::string ellipsizeToWidth(std::string_view displayable, std::size_t width, Encoding encoding);

// As ellipsizeToWidth, and filled with blanks up to `width`.
std::string fitToWidth(std::string_view displayable, std::size_t width, Encoding encoding, Align align = Align::Left);

// A displayable text in pieces of at most `width` columns; an empty text is one empty piece.
std::vector<std::string> wrapToWidth(std::string_view displayable, std::size_t width);

}  // namespace leptir::top
