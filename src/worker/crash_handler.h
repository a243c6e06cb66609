// Crash reports of a worker: handlers for fatal signals, std::terminate and exit() write where the worker was (raw
// addresses) into its slot, then let it die as it would have without them, so that its wait status stays true.
#pragma once

#include "link/slot.h"

namespace leptir::worker {

// A worker calls it once, right after its fork and before any user code. The slot must live as long as the process.
// SIGTERM is handled, too: while the master is stopping a task, the handler notes where the task was, otherwise it does
// nothing. Processes that a task forks write no report.
void installCrashHandler(link::Slot& slot);

}  // namespace leptir::worker
