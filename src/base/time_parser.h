// Reads times that other programs or people wrote.
#pragma once

#include <optional>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::base {

// A time as RFC 3339 has it: "2026-11-23T18:00:00Z", also with a fraction of seconds, of which microseconds are kept,
// with an offset ("+01:00" or "+0100"), or with a space instead of T. None: the text is no such time.
std::optional<Time> parseRfc3339(std::string_view text);

}  // namespace leptir::base
