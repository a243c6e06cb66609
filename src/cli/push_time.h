// Parses times and delays as numbers and as RFC 3339.
#pragma once

#include <optional>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::cli {

// RFC 3339 ("2026-11-23T18:00:00Z", "…+01:00", also "…+0100", fractions allowed) or Unix seconds. Invalid: the text is
// neither; the message says what is expected.
Result<Time> parseTime(std::string_view text);

// A delay from now. nullopt: it is below 0, above 1e11 s, or NaN.
std::optional<Duration> parseDelay(double seconds);

}  // namespace leptir::cli
