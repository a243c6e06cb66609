// What a worker says when it dies: handlers for fatal signals, std::terminate and exit() write into its slot where it
// was (raw addresses), then let it die the way it would have, so that its wait status tells the truth.
#pragma once

#include "link/slot.h"

namespace leptir {

// Worker, once, right after its fork and before any user code. The slot stays as long as the process. Also takes
// SIGTERM, which says where a task was when it was stopped and otherwise does nothing. Processes that a task forks say
// nothing.
void installCrashHandler(Slot& slot);

}  // namespace leptir
