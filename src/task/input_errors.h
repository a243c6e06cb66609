// The error of parameters that cannot be read at all. Errors of single parameters: leptir/internal/parameter_errors.h.
#pragma once

#include "leptir/result.h"

namespace leptir::task {

// The parameters are no JSON, or no object: throws InputError.
[[noreturn]] void throwUnreadableParameters(const Error& why);

}  // namespace leptir::task
