// The limits of one task name, as the kernel keeps them.
#pragma once

#include "leptir/result.h"
#include "leptir/task_rules.h"

namespace leptir {

// Puts this process, and the programs that it starts, under these limits, for good; the size of files by the soft limit
// only. Unavailable: the kernel refuses one (the message says which).
Result<void> limitThisProcess(const ResourceLimits& limits);

// Bytes of memory that this process really uses now; 0: nobody knows.
std::uint64_t residentBytes();

}  // namespace leptir
