// Shared memory that no process can make smaller (a sealed memfd). If a process could truncate the file, the processes
// that have mapped it would die of SIGBUS.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::base {

// Creates zeroed shared memory, as a file without a name; other processes of the same user open it with
// openSharedMemoryAt. Unavailable: descriptors or memory are missing.
Result<UniqueFd> makeSealedMemory(const char* name, std::size_t bytes);

// Where to find sealed memory: the process that has it open, the descriptor there, and the identity of the file.
struct SharedMemoryLocation {
  pid_t process = 0;
  int descriptor = -1;
  dev_t device = 0;
  ino_t inode = 0;

  // The location of memory that this process has open.
  static SharedMemoryLocation of(const UniqueFd& memory);
};

// Opens the memory for reading. NotFound: the process is gone, or its descriptor refers to another file now.
Result<UniqueFd> openSharedMemoryAt(const SharedMemoryLocation& place);

}  // namespace leptir::base
