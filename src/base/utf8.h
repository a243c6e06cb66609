// UTF-8 validation, and cutting text between characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leptir::base {

// The first character of a text.
struct Utf8Character {
  std::uint32_t codePoint = 0;
  std::size_t bytes = 0;  // 0: invalid UTF-8 (also: overlong, a surrogate, above U+10FFFF), or the text is empty
};
Utf8Character firstUtf8Character(std::string_view text);

bool isUtf8(std::string_view text);

// Whether the byte is an ASCII character that is printed as it is (a space is one).
inline bool isPrintableAscii(char c) {
  return c >= 0x20 && c < 0x7f;
}

// The longest prefix, or suffix, of `text` that has at most `maxBytes` and does not split a character. Bytes that are
// not valid UTF-8 may be cut anywhere.
std::string_view utf8Prefix(std::string_view text, std::size_t maxBytes);
std::string_view utf8Suffix(std::string_view text, std::size_t maxBytes);

}  // namespace leptir::base
