// Two settings by which the kernel chooses between processes; glibc has no functions for them.
#pragma once

#include <optional>

namespace leptir::worker {

// oom_score_adj, from -1000 to 1000: when memory runs out, the kernel first kills the process with the highest score.
// nullopt: it cannot be read.
std::optional<int> oomAdjustment();
// False: this process may not change it.
bool setOomAdjustment(int adjustment);

// I/O scheduling class and level of the main thread (ioprio_get(2)). nullopt: this kernel has no I/O priorities.
std::optional<int> ioPriority();
bool setIoPriority(int priority);

}  // namespace leptir::worker
