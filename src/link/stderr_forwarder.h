// Forwards what the workers write to their stderr to the stderr of the instance.
#pragma once

#include <functional>

#include "base/nonblocking_output.h"
#include "link/link.h"

namespace leptir::link {

// Called by the dispatcher's main thread, and by the master once all its children are gone. Continues where the last
// call stopped, also after a new dispatcher. Never blocks on a slow reader: the next call tries again. When more than a
// megabyte waits, only the last megabyte is forwarded, after a line that says how much is left out.
void forwardStderr(Link& link, const base::NonBlockingOutput& to);

}  // namespace leptir::link
