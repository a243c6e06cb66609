// Parses a line of `push --stdin` that is a whole envelope.
#pragma once

#include <string_view>

#include "leptir/broker.h"
#include "leptir/result.h"

namespace leptir::cli {

// `envelope` is a JSON object. Its counters are dropped, so that the task starts with all its attempts; `defaults`
// apply to options that the envelope does not set. Invalid: it has unknown keys, repeated keys, or values that
// consumers would ignore. Corrupt: it is no envelope.
Result<TaskToPush> parsePushEnvelope(std::string_view envelope, const PushOptions& defaults);

}  // namespace leptir::cli
