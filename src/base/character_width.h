// How many columns of a terminal a character takes. Does not depend on the locale: wcwidth of the C library knows no
// character beyond ASCII in the locale C, which cron and service managers set.
#pragma once

#include <cstddef>
#include <cstdint>

namespace leptir::base {

// 0: combining characters, joiners and variation selectors. 2: East Asian Wide and Fullwidth characters, and emoji.
// 1: all others, also control characters, which no text for a terminal contains (base/escape.h).
std::size_t characterWidth(std::uint32_t codePoint);

}  // namespace leptir::base
