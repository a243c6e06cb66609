// Encodes an Outcome as the bytes that a worker passes to the dispatcher through its slot.
#pragma once

#include "leptir/outcome.h"
#include "leptir/result.h"

#include <string>
#include <string_view>

namespace leptir::task {

// Appends at most kMaxOutcomeBytes to `out`. A larger outcome is shortened, `response` first, and `truncated` is set; a
// shortened response ends with a line that says so.
void encodeOutcome(const Outcome& outcome, std::string& out);

// Corrupt: `bytes` are no encoded outcome, for example because a task overwrote them. It never reads outside `bytes`.
Result<Outcome> decodeOutcome(std::string_view bytes);

}  // namespace leptir::task
