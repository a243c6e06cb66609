// Parses the times and delays that a user gives to `push`.
#pragma once

#include <optional>
#include <string_view>

#include "leptir/broker.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::cli {

// RFC 3339 ("2026-11-23T18:00:00Z", "…+01:00", also "…+0100", fractions allowed) or Unix seconds. Invalid: the text is
// neither; the message says what is expected.
Result<Time> parseTime(std::string_view text);

// Sets when the task expires: `text` is a time as for parseTime, or "+60" for 60 seconds from now. Invalid: it is
// neither, or the duration is not above 0.
Result<void> setExpiry(std::string_view text, PushOptions& options);

// A delay from now. nullopt: it is below 0, above 1e11 s, or NaN.
std::optional<Duration> parseDelay(double seconds);

}  // namespace leptir::cli
