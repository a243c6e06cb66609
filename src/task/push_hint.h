// A hint for users who pushed a number or a list with `key=2`, which the push command always takes as text.
#pragma once

#include <string>
#include <string_view>

#include "leptir/json.h"

namespace leptir::task {

// Parses `value` as JSON. Returns a discarded Json if it is a string, null, longer than 60 bytes or no JSON.
Json parseNonStringJson(const std::string& value);

// The hint to append to an error message: ". Pushed as seconds=2 it is text: push seconds:=2".
std::string pushHint(std::string_view name, const std::string& value);

}  // namespace leptir::task
