// What a user writes to push a task, turned into one: key=value arguments, JSON lines, envelopes. Parameters stay the
// text that was given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leptir/broker.h"
#include "leptir/result.h"

namespace leptir {

// `json` (an object, or empty for none) with `key=text` and `key:=JSON` put over it, as JSON text: a key that it has
// keeps its place, others follow in the order given. Invalid: says which argument and why.
Result<std::string> parseParameters(std::string_view json, const std::vector<std::string>& arguments);

// One line of `push --stdin`: the keys of push, or a whole envelope (`cn`, `td`; its counters are left out, so that the
// task begins anew). `defaults` hold where the line says nothing. Invalid: what is wrong with it; unknown keys are.
Result<TaskToPush> parsePushLine(std::string_view line, const PushOptions& defaults = {});

}  // namespace leptir
