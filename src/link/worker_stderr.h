// Where a worker's stderr goes: a file in memory, one for each slot, made before any fork. A worker that writes never
// waits for anyone; the dispatcher carries on what is new to the instance's own stderr, and reads the end of it for the
// record of a crash. Positions only grow while a worker lives.
#pragma once

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir {

// How much of it a record takes.
inline constexpr std::uint64_t kStderrTailBytes = 64 * 1024;

class WorkerStderr {
 public:
  // Unavailable: memory or descriptors ran out.
  static Result<WorkerStderr> create();

  // Worker, right after its fork: makes it descriptor 2. Internal: the kernel refused.
  Result<void> becomeOurs();
  // Worker: gives up another worker's.
  void close() { file_ = UniqueFd(); }

  // Where the next byte will stand. Anyone but workers.
  std::uint64_t end() const;
  // What stands from `from` to `to`, at most the last `limit` bytes of it. What was given back or never written is left
  // out.
  std::string read(std::uint64_t from, std::uint64_t to, std::uint64_t limit) const;
  // Master: gives the memory of all but the last megabytes back, whether anyone has read it or not.
  void trim();
  // Master, while there is no worker: begins again at 0.
  void clear();

 private:
  explicit WorkerStderr(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
  std::uint64_t trimmed_ = 0;  // master
};

}  // namespace leptir
