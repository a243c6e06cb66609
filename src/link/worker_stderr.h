// The stderr of a worker: a file in memory, one for each slot, created before any fork. A worker that writes never
// waits. The dispatcher forwards new text to the stderr of the instance, and reads the end of it for the record of a
// crash. Positions only grow while a worker lives.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::link {

// How much of a worker's stderr the record of a crash contains at most.
inline constexpr std::uint64_t kStderrTailBytes = 64 * 1024;

class WorkerStderr {
 public:
  // Unavailable: memory or descriptors ran out.
  static Result<WorkerStderr> create();

  // Worker, right after its fork: makes the file its descriptor 2. Internal: the kernel refused.
  Result<void> redirectStderr();
  // Worker: closes the file of another worker.
  void close() { file_ = base::UniqueFd(); }

  // Dispatcher and master: the position of the next byte.
  std::uint64_t end() const;
  // The text from `from` to `to`, at most its last `limit` bytes, cut between characters. Leaves out bytes whose memory
  // was released or that were never written.
  std::string read(std::uint64_t from, std::uint64_t to, std::uint64_t limit) const;
  // Master: releases the memory of all but the last megabytes, whether they have been read or not.
  void releaseOldMemory();
  // Master, while the slot has no worker: empties the file; positions start again at 0.
  void clear();

 private:
  explicit WorkerStderr(base::UniqueFd file) : file_(std::move(file)) {}
  base::UniqueFd file_;
  std::uint64_t releasedUpTo_ = 0;  // memory before this position is released; used by the master only
};

}  // namespace leptir::link
