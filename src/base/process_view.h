// Which processes a process can see. Noted beside a name, it says later whether that name's absence from /proc means
// that its processes are gone, or only that they are out of sight.
#pragma once

#include <string>

#include "leptir/result.h"

namespace leptir {

struct ProcessView {
  std::string boot;     // another one: the machine was started anew, so no process of the earlier one lives; empty: not
                        // known
  std::string visible;  // PID namespace and user
};

// Unavailable: /proc cannot be read.
Result<ProcessView> processView();

}  // namespace leptir
