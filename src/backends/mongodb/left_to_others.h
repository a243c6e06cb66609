// `leptir.left`: the sessions that leave a task to others, and until when (TaskRelease::leftToOthersUntil).
#pragma once

#include <string>

#include "backends/mongodb/bson.h"
#include "leptir/clock.h"

namespace leptir::mongodb {

// A filter for `leptir.left`: this session may lease the task at `now`.
Document notLeftToOthersBy(const std::string& session, Time now);
// An expression for `leptir.left`: this session leaves the task to others until then; entries whose time is over at
// `now` are dropped.
Document leaveToOthersExpression(const std::string& session, Time until, Time now);

}  // namespace leptir::mongodb
