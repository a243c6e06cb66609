// leptir status --watch
#pragma once

#include "cli/command_line.h"
#include "instance/find_instance.h"
#include "leptir/run_main.h"

namespace leptir::cli {

// Shows the status of the instance again and again: on a terminal in place, elsewhere one block after the other, with
// --json one object a line. Goes on when the instance ends. Returns when INT comes, or when stdout cannot be written.
int watchStatus(const StatusCommand& command, const instance::InstanceFiles& files, const Program& program);

}  // namespace leptir::cli
