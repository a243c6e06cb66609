// Starts a program, with pipes for its stdout and stderr.
#pragma once

#include "base/unique_fd.h"
#include "leptir/result.h"
#include "task/program_process.h"

#include <sys/types.h>

namespace leptir::task {

// A running program, and this process's ends of its pipes.
struct SpawnedProgram {
  pid_t pid = 0;
  base::UniqueFd output;  // reads its stdout; does not block
  base::UniqueFd errors;  // reads its stderr; does not block
  base::UniqueFd pidfd;   // a pidfd, readable once the program has exited; empty on a kernel without pidfd_open
};

// Returns the same errors as runProgram.
Result<SpawnedProgram> spawnProgram(const ProgramCall& call);

}  // namespace leptir::task
