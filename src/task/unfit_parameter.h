// Which of a task's parameters a typed struct refuses: nlohmann's exception says only that one has the wrong type.
#pragma once

#include <functional>
#include <string>

#include "leptir/json.h"

namespace leptir {

// Reads all parameters into the struct; throws nlohmann's exception when they do not fit.
using ReadParameters = std::function<void(const Json&)>;

// The name of the parameter for which `read` threw `error`; empty when it cannot be told. Calls `read` again, once or
// twice for each parameter.
std::string findUnfitParameter(const Json& data, const std::string& error, const ReadParameters& read);

}  // namespace leptir
