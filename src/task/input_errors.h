// The errors in a task's parameters that several files find.
#pragma once

#include <string_view>

#include "leptir/result.h"

namespace leptir::task {

// The parameters are no JSON, or no object: throws InputError.
[[noreturn]] void throwUnreadableParameters(const Error& why);

// An integer does not fit into the type that the task reads it as: throws InputError. `digits`: the beginning of the
// pushed text, if it is known.
[[noreturn]] void throwIntegerDoesNotFit(std::string_view parameter, std::string_view digits = {});

}  // namespace leptir::task
