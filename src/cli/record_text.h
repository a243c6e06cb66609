// Formats a record, or what is known of a waiting task, as text for people.
#pragma once

#include <string>

#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir::cli {

// Several lines. Control characters that a task wrote are escaped. A field of an unexpected type is shown as JSON: a
// task may replace any field (getAdditionalMetaInfo).
std::string recordText(const Json& record, Time now = systemClock().now());

// One line of `leptir tasks`: start, id, name, outcome, attempt, duration and the beginning of the response.
std::string recordLine(const Json& record);

}  // namespace leptir::cli
