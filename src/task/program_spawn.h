// Starts a program with pipes for its output.
#pragma once

#include "base/unique_fd.h"
#include "leptir/result.h"
#include "task/program_process.h"

#include <sys/types.h>

namespace leptir {

// Our ends of a program that runs.
struct SpawnedProgram {
  pid_t pid = 0;
  UniqueFd output;  // its stdout; neither end blocks us
  UniqueFd errors;  // its stderr
  UniqueFd ended;   // a pidfd: readable once it has ended; none on kernels that know none
};

// Errors as runProgram's.
Result<SpawnedProgram> spawnProgram(const ProgramCall& call);

}  // namespace leptir
