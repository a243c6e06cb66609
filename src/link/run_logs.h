// The log lines of runs, while they run: memory beside the slots, which a worker writes and other processes read. A run
// keeps its first lines and its last ones. A run that logs nothing touches none of it.
//
// When a run ends by itself, the worker adds its log to the outcome. The log of a worker that died stays here until the
// dispatcher has read it. A task may have overwritten everything here, so readers check each value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/result.h"

namespace leptir::link {

// How many bytes of a run's log are kept, with the times and levels: from its beginning, which says what the run
// started with, and from its end, which says what happened last.
inline constexpr std::size_t kFirstLogBytes = std::size_t{16} << 10;
inline constexpr std::size_t kLastLogBytes = (std::size_t{48} << 10) - 64;

// Which run a log is of.
struct LoggedRun {
  std::uint32_t cell = 0;
  std::uint64_t generation = 0;  // of the cell
  std::uint32_t attempt = 0;
  std::int32_t pid = 0;   // of the worker
  std::string_view id{};  // of the task; at most 255 bytes
};

// The log of a run, as a process other than its worker reads it.
struct RunLog {
  std::string id;
  std::uint32_t attempt = 0;
  std::int32_t pid = 0;
  std::uint64_t sequence = 0;                        // larger for a run of the same slot that began to log later
  std::string first, last;                           // whole lines, each with its line feed
  std::uint64_t leftOutLines = 0, leftOutBytes = 0;  // between the two
};

// The memory for the logs of all slots. The master makes it before it forks.
class RunLogs {
 public:
  // Where memory or descriptors are missing, no logs are kept; where the limit on file sizes (ulimit -f) does not
  // suffice for all slots, those of the first ones: it counts for shared memory too.
  static RunLogs create();
  // For how many slots the limit on file sizes allows logs, here and now.
  static int allowedSlots();
  // The logs of an instance of this machine, by the pid of its master. NotFound: the process is gone, or has no such
  // memory. Unavailable: this process may not read it. The caller checks that the process is the master.
  static Result<RunLogs> ofMaster(int pid);

  // Worker, right after its fork: maps the logs of its slot for writing, and closes the rest. Null: there is no memory
  // for this slot.
  char* mapForWorker(int slot);

  // The log of the run in a cell; none: it has logged nothing, or the memory makes no sense.
  std::optional<RunLog> read(int slot, std::size_t cell, std::uint64_t generation) const;
  // The newest log of a task in a slot.
  std::optional<RunLog> readNewest(int slot, std::string_view id) const;

 private:
  explicit RunLogs(base::UniqueFd memory) : memory_(std::move(memory)) {}
  template <class Matches>
  std::optional<RunLog> find(int slot, Matches matches) const;

  base::UniqueFd memory_;
};

}  // namespace leptir::link
