// What the kernel says of a process.
#pragma once

#include <optional>

#include "metrics/snapshot.h"

namespace leptir::metrics {

// Reads /proc/PID. None: there is no such process. Descriptors of processes of other users can be counted by root
// alone.
std::optional<ProcessUsage> usageOf(int pid);

}  // namespace leptir::metrics
