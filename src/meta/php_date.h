// The JSON form of a PHP DateTime, as PHP leptir's records have it, always in UTC:
// {"date":"2026-11-23 16:25:49.667348","timezone_type":3,"timezone":"UTC"}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::meta {

// Appends the JSON form. The year must be one of 0 to 9999 (isPhpDate).
void appendPhpDate(Time time, std::string& text);
bool isPhpDate(Time time);

// The time of `date` if it has exactly the form of the member `date` above, in UTC.
std::optional<Time> timeOfPhpDate(std::string_view date);

}  // namespace leptir::meta
