// What a task can do to what its process was born with.
#pragma once

#include <string>

namespace leptir::chaos {

// close: every descriptor below 1024. garbage: writes to each that is open. truncate: ftruncate each to nothing.
// scribble, wipe: fill every shared memory that it may write, with nonsense or with zeros. mask: blocks all signals.
// twice: forks, and returns in both. fill: opens descriptors until there are no more, and keeps them.
void vandalize(const std::string& way);

}  // namespace leptir::chaos
