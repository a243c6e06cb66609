// runMain: the main program of a user, which registers its tasks and then provides all commands of leptir.
#pragma once

#include "leptir/program.h"

namespace leptir {

// Runs the command that the arguments name, and returns the exit status for main (docs/guide/commands.md). Call it
// before the process has other threads: `start` forks, so runMain prints an error and fails when there are any.
int runMain(int argc, char** argv, const Program& program);

}  // namespace leptir
