// Checks that /proc is mounted and shows the PID namespace of this process.
#pragma once

#include "leptir/result.h"

namespace leptir::base {

// Unavailable: /proc is not mounted, or it shows another PID namespace. In the second case the process numbers in /proc
// mean other processes than the numbers that kill() takes.
Result<void> checkProcFilesystem();

}  // namespace leptir::base
