// Marks the processes of an instance: a memory mapping whose name contains the name of the instance. Processes that
// tasks fork inherit the mark. Programs that are executed lose it; they have LEPTIR_SESSION in their environment
// instead.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::base {

// Marks this process and every process that it forks from now on.
Result<void> setInstanceMark(std::string_view instance);

// Whether a process belongs to an instance. CannotTell: the process exists, but its files below /proc cannot be read at
// the moment.
enum class Membership { Yes, No, CannotTell };

// Looks for the mark in the mappings of `process`.
Membership checkInstanceMark(pid_t process, std::string_view instance);

// A second mark, which only the master of an instance has: a descriptor whose name contains the name of the instance.
// The caller keeps it open while the master lives. The master's children close it, and executed programs do not inherit
// it. It does not depend on the stores and files that the instance uses.
Result<UniqueFd> setMasterMark(std::string_view instance);

// Whether `process` is the master of the instance, according to that second mark.
Membership checkMasterMark(pid_t process, std::string_view instance);

}  // namespace leptir::base
