// Describes which processes the current process can see in /proc. A process stores its view together with the name of
// its instance. If a later reader with the same view finds no process of that instance in /proc, the processes are
// gone; with another view they may only be invisible.
#pragma once

#include <string>

#include "leptir/result.h"

namespace leptir::base {

struct ProcessView {
  std::string boot;     // boot id; another one means a reboot, which ended all earlier processes; empty: unknown
  std::string visible;  // inode of the PID namespace, and the user number
};

// Unavailable: /proc cannot be read.
Result<ProcessView> processView();

}  // namespace leptir::base
