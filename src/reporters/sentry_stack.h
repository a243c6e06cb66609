// The stack lines of a crash report as Sentry's frames, and what groups events.
#pragma once

#include <string>
#include <vector>

#include "leptir/json.h"

namespace leptir::reporters {

// A list of frames, the outermost first as Sentry wants it, from lines with the innermost first (base/stack_frame.h).
Json sentryFrames(const std::vector<std::string>& stack);

// The function of the innermost frame that is the user's code; empty: there is none.
std::string innermostUserFunction(const std::vector<std::string>& stack);

}  // namespace leptir::reporters
