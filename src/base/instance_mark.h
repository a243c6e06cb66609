// A sign that every process of an instance carries, also what its tasks fork: a mapping that has the instance's name.
// Programs that are executed lose it; they have LEPTIR_SESSION in their environment.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "leptir/result.h"

namespace leptir {

// For this process and all that it forks from now on.
Result<void> bearMark(std::string_view instance);

// False as well when the process is not ours to look at.
bool bearsMark(pid_t process, std::string_view instance);

}  // namespace leptir
