// Prints an error of a command on stderr, and says which exit status the command ends with.
#pragma once

#include "leptir/result.h"

namespace leptir::cli {

// Prints "leptir: <message>" and returns the exit status for the error's code.
int fail(const Error& error);
// Like fail(), for a store that could not be opened: returns 69 whatever the error's code.
int failStore(const Error& error);

}  // namespace leptir::cli
