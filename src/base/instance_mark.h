// A sign that every process of an instance carries, also what its tasks fork: a mapping that has the instance's name.
// Programs that are executed lose it; they have LEPTIR_SESSION in their environment.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// For this process and all that it forks from now on.
Result<void> bearMark(std::string_view instance);

// Whether a process belongs to an instance. CannotTell: it lives, but may not be looked at just now.
enum class Membership { Yes, No, CannotTell };

// By the mark.
Membership markOf(pid_t process, std::string_view instance);

// False also where that cannot be told: what may end a process or give away a task asks markOf.
inline bool bearsMark(pid_t process, std::string_view instance) {
  return markOf(process, instance) == Membership::Yes;
}

// A sign that the master of an instance carries beside the mark, whatever stores and files it works on: a descriptor
// that has the instance's name. Its children close it; programs do not inherit it. It goes with the master.
Result<UniqueFd> bearMasterSign(std::string_view instance);

// Whether a process is the master of an instance, by that sign.
Membership masterSignOf(pid_t process, std::string_view instance);

}  // namespace leptir
