// JSON as the commands print it.
#pragma once

#include <string>

#include "leptir/json.h"

namespace leptir {

// On one line, or with so many blanks for each level. Nothing in it can steer a terminal; bytes that are no UTF-8
// become U+FFFD.
std::string jsonForOutput(const Json& json, int indent = -1);

}  // namespace leptir
