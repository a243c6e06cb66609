// The CPU time of this process.
#pragma once

#include "leptir/clock.h"

namespace leptir {

// Of all its threads, without its children.
Duration ownCpuTime();
// Of the children that it waited for, and theirs.
Duration childrenCpuTime();

}  // namespace leptir
