// What a user writes to push a task, turned into one: key=value arguments, times, JSON lines.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/broker.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir {

// RFC 3339 ("2026-11-23T18:00:00Z", "…+01:00", also "…+0100", fractions allowed) or Unix seconds. Invalid: neither,
// with what was expected.
Result<Time> parseTime(std::string_view text);

// From now. None: below 0, or more than anybody means (1e11 s), or NaN.
std::optional<Duration> parseDelay(double seconds);

// `json` (an object, or empty for none) with `key=text` and `key:=JSON` put over it. Invalid: says which argument and
// why.
Result<Json> parseParameters(std::string_view json, const std::vector<std::string>& arguments);

// One line of `push --stdin`. Invalid: what is wrong with it; unknown keys are.
Result<TaskToPush> parsePushLine(std::string_view line);

}  // namespace leptir
