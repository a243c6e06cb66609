// Parses what a user writes to push tasks: key=value arguments, JSON lines, envelopes. Parameters keep the text of the
// user, so that large numbers and the order of keys do not change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leptir/broker.h"
#include "leptir/result.h"

namespace leptir::cli {

// Returns the parameters as JSON text: the object `json` (or empty) with the arguments `key=text` and `key:=JSON` set
// in it. A key that `json` has keeps its position; new keys follow in the order of the arguments. Invalid: says which
// argument is wrong and why.
Result<std::string> parseParameters(std::string_view json, const std::vector<std::string>& arguments);

// Parses one line of `push --stdin`: an object with the keys of push, or a whole envelope (`cn`, `td`), whose counters
// are dropped so that the task starts with all its attempts. `defaults` apply to options that the line does not set.
// Invalid: says what is wrong with the line; an unknown key is wrong.
Result<TaskToPush> parsePushLine(std::string_view line, const PushOptions& defaults = {});

}  // namespace leptir::cli
