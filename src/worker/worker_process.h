// What makes a freshly forked process a worker: its group, its signals, what it may touch, and whom the kernel ends
// first when memory runs out.
#pragma once

#include "leptir/result.h"
#include "link/link.h"
#include "worker/worker.h"

namespace leptir {

// Signals first, then the rest. Internal: memory could not be protected. Unavailable: the master is gone already.
Result<void> becomeWorker(const WorkerOptions& options, Link& link);

// Whether the master asked for the logs to be reopened since the last question.
bool takeReopenRequest();

// Whether the descriptor is still what it was: a task may have closed it, and its number may be a file of somebody else
// by now.
bool isStillABell(const Wake& bell);

// Whether a task left enough descriptors for the next one to work with.
bool hasDescriptorsLeft();

}  // namespace leptir
