// Starts a program, with pipes for its stdout, its stderr and its result lines.
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
  // Reads what it writes to descriptor 3; does not block. The same pipe is the file that LEPTIR_RESULT names: the path
  // below /proc of `resultsWriter`, this process's own write end. So nothing has to be stored, limited in size or
  // removed, and the pipe never reports its end. A process that an earlier task left running still knows the path, so
  // the number of that descriptor is another one for each ProgramCall::run, as far as there are numbers.
  base::UniqueFd results;
  base::UniqueFd resultsWriter;
  base::UniqueFd pidfd;  // a pidfd, readable once the program has exited; empty on a kernel without pidfd_open
};

// The descriptor to which a program writes its result lines.
inline constexpr int kResultDescriptor = 3;

// Returns the same errors as runProgram.
Result<SpawnedProgram> spawnProgram(const ProgramCall& call);

}  // namespace leptir::task
