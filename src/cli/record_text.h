// A meta record, or what is known of a waiting task, as a person reads it.
#pragma once

#include <string>

#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir {

// Several lines. What a task wrote cannot steer a terminal; a field of an unexpected type (getAdditionalMetaInfo may
// replace any) is shown as JSON.
std::string recordText(const Json& record, Time now = systemClock().now());

// One record on one line: when it began, how it went, what it is, the beginning of what it said.
std::string recordLine(const Json& record);

}  // namespace leptir
