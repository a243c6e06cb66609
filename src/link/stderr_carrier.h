// Carries what workers write to their stderr on to ours, as if it were theirs.
#pragma once

#include <functional>

#include "base/nonblocking_output.h"
#include "link/link.h"

namespace leptir {

// The dispatcher's main thread; the master once all its children are gone. Goes on where an earlier one stopped. Never
// waits for a reader that does not read, but tries again at the next call; of what is more than a megabyte behind, only
// the end is carried on, and a line says so.
void carryStderr(Link& link, const NonBlockingOutput& to);

}  // namespace leptir
