// Finds the task parameter that does not fit into a struct, since nlohmann's exception only says that a value has the
// wrong type.
#pragma once

#include <string>

#include "leptir/parameters.h"

namespace leptir::task {

// The name of the parameter for which `read` threw `error`; empty if it cannot be determined. Calls `read` again, once
// or twice for each parameter.
std::string findUnfitParameter(const Json& data, const std::string& error, internal::ReadParametersFunction read);

}  // namespace leptir::task
