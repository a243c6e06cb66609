// Applies the resource limits of a task name to this process.
#pragma once

#include "leptir/result.h"
#include "leptir/task_rules.h"

namespace leptir::worker {

// Puts this process, and the programs that it starts, under these limits until it ends; the size of files by the soft
// limit only. Unavailable: the kernel refuses a limit (the message names it).
Result<void> limitThisProcess(const ResourceLimits& limits);

// Resident memory of this process in bytes; 0: it cannot be read.
std::uint64_t residentBytes();

}  // namespace leptir::worker
