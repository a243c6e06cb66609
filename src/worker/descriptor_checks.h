// What a task may have done to the descriptors of its worker.
#pragma once

#include "leptir/spi/wake.h"

namespace leptir::worker {

// Whether the descriptor still is this wake-up's: a task may have closed it, and the number may belong to another file
// by now.
bool isWakeDescriptorIntact(const Wake& bell);

// Whether enough descriptors are free for the next task.
bool hasDescriptorsLeft();

}  // namespace leptir::worker
