// Two numbers by which the kernel chooses between processes, and which glibc has no functions for.
#pragma once

#include <optional>

namespace leptir {

// oom_score_adj, from -1000 to 1000: the process with the highest is ended first when memory runs out. None: it cannot
// be read.
std::optional<int> oomAdjustment();
// False: it is not allowed.
bool setOomAdjustment(int adjustment);

// Class and level by which the main thread's reads and writes are queued (ioprio_get(2)); none: the kernel has none.
std::optional<int> ioPriority();
bool setIoPriority(int priority);

}  // namespace leptir
