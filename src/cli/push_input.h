// Times as a user writes them to push a task.
#pragma once

#include <optional>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir {

// RFC 3339 ("2026-11-23T18:00:00Z", "…+01:00", also "…+0100", fractions allowed) or Unix seconds. Invalid: neither,
// with what was expected.
Result<Time> parseTime(std::string_view text);

// From now. None: below 0, or more than anybody means (1e11 s), or NaN.
std::optional<Duration> parseDelay(double seconds);

}  // namespace leptir
