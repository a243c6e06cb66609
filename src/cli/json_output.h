// The JSON that commands print to stdout.
#pragma once

#include <string>

#include "leptir/json.h"

namespace leptir::cli {

// On one line, or indented by `indent` blanks for each level. Control characters are escaped, so that the text cannot
// control a terminal; bytes that are not UTF-8 become U+FFFD.
std::string jsonForOutput(const Json& json, int indent = -1);

}  // namespace leptir::cli
