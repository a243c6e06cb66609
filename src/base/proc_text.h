// Reads a file of a process below /proc as text, with separate errors for "no such process" and "cannot be read".
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir::base {

// NotFound: the process is gone, or it has no memory (a zombie, a kernel thread). Unavailable: permission is missing,
// or this process is short of descriptors or memory.
Result<std::string> readProcText(pid_t process, std::string_view name);

}  // namespace leptir::base
