// UTF-8 as far as leptir must know it: what is valid, and which characters steer a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace leptir {

// The first character of a text.
struct Utf8Character {
  std::uint32_t codePoint = 0;
  std::size_t bytes =
      0;  // 0: what stands there is no UTF-8 (also: overlong, a surrogate, above U+10FFFF), or nothing at all
};
Utf8Character firstUtf8Character(std::string_view text);

bool isUtf8(std::string_view text);

// The longest beginning, or end, of `text` that has at most `maxBytes` and does not cut a character. Bytes that are not
// UTF-8 may be cut anywhere.
std::string_view utf8Prefix(std::string_view text, std::size_t maxBytes);
std::string_view utf8Suffix(std::string_view text, std::size_t maxBytes);

}  // namespace leptir
