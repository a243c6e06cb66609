// A file of a process below /proc as text, so that "there is no such process" and "it cannot be read" stay apart.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

// NotFound: the process is gone, or has no memory of its own (a zombie, a thread of the kernel). Unavailable: it may
// not be read, or this process is short of descriptors or memory.
Result<std::string> readProcText(pid_t process, std::string_view name);

}  // namespace leptir
