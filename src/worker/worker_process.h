// Makes a freshly forked process a worker: session, signal handlers, memory protection, and its score for the kernel's
// OOM killer.
#pragma once

#include "leptir/result.h"
#include "link/link.h"
#include "worker/worker.h"

namespace leptir::worker {

// Installs the signal handlers first, since signals may come at once. Internal: the memory of other slots could not be
// protected. Unavailable: the master is gone already.
Result<void> becomeWorker(const WorkerOptions& options, link::Link& link);

// Whether the master has asked for the logs to be reopened since the last call.
bool takeReopenRequest();

}  // namespace leptir::worker
