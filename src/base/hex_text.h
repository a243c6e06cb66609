// An address in hexadecimal: 0x7f12ab. Unlike a stream, it does not depend on the locale.
#pragma once

#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>

namespace leptir::base {

inline std::string hexText(std::uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number, 16).ptr;
  return "0x" + std::string(digits, end);
}

}  // namespace leptir::base
