// Memory that several processes share, and that no process can make smaller: a file that others may truncate would end
// the processes that have mapped it (SIGBUS).
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// Zeroed; a file without a name, which other processes of the same user reach by openMemoryAt. Unavailable: want of
// descriptors or memory.
Result<UniqueFd> makeSealedMemory(const char* name, std::size_t bytes);

// Where a process keeps a piece of sealed memory.
struct MemoryPlace {
  pid_t process = 0;
  int descriptor = -1;
  dev_t device = 0;
  ino_t inode = 0;

  // Of this process.
  static MemoryPlace of(const UniqueFd& memory);
};

// For reading. NotFound: it is no more, as its process is gone or has another file there.
Result<UniqueFd> openMemoryAt(const MemoryPlace& place);

}  // namespace leptir
