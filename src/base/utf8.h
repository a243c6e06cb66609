// UTF-8 as far as leptir must know it: what is valid, and which characters steer a terminal.
#pragma once

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

}  // namespace leptir
