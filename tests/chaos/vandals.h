// The ways in which a task of the fault tests damages its own worker process.
#pragma once

#include <string>

namespace leptir::chaos {

// close: closes every descriptor below 1024. garbage: writes to each open descriptor. truncate: cuts each file to
// length 0. scribble, wipe: overwrite all writable shared memory with nonsense or zeros. mask: blocks all signals.
// twice: forks and returns in both processes. unwaited: forks 50 children and waits for none. fill: opens descriptors
// until there are no more, and keeps them.
void damageWorker(const std::string& way);

}  // namespace leptir::chaos
