// Finds the task parameter that does not fit into a struct, since nlohmann's exception only says that a value has the
// wrong type.
#pragma once

#include <functional>
#include <string>

#include "leptir/json.h"

namespace leptir::task {

// Reads all parameters into the struct, and throws nlohmann's exception if they do not fit.
using ReadParameters = std::function<void(const Json&)>;

// The name of the parameter for which `read` threw `error`; empty if it cannot be determined. Calls `read` again, once
// or twice for each parameter.
std::string findUnfitParameter(const Json& data, const std::string& error, const ReadParameters& read);

}  // namespace leptir::task
