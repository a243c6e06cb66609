// Whether /proc shows the processes that this process can signal.
#pragma once

#include "leptir/result.h"

namespace leptir {

// Unavailable: /proc is not mounted, or it is that of another PID namespace, where this process has another number, so
// that a number read there names a stranger here.
Result<void> checkProc();

}  // namespace leptir
