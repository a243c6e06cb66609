// An Outcome as the bytes that pass from the worker to the dispatcher.
#pragma once

#include "leptir/outcome.h"
#include "leptir/result.h"

#include <string>
#include <string_view>

namespace leptir {

// At most kMaxOutcomeBytes: what is over is cut, `response` first, and `truncated` is set; a response that was cut ends
// with a line that says so. Appends to `out`.
void encodeOutcome(const Outcome& outcome, std::string& out);

// Corrupt: these are no such bytes (a task wrote over them). Never reads outside `bytes`, whatever they are.
Result<Outcome> decodeOutcome(std::string_view bytes);

}  // namespace leptir
