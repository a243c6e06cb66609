// The part of a slot in which the worker reports its runs. The dispatcher and the master do not trust it: a task may
// have overwritten it.
#pragma once

#include <string_view>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "link/cell.h"

namespace leptir::link {

// Lies in the memory of a slot, which must outlive it.
class OutcomeArea {
 public:
  explicit OutcomeArea(char* slotMemory) : memory_(slotMemory) {}

  // Worker, on its executing cell, before the user's code runs.
  void beginRun(std::size_t cell, BootTime now, int pid = 0);
  void noteCpuTimeBefore(std::size_t cell, Duration cpuTime);
  // Worker, on its executing cell. False while an earlier outcome, not settled yet, occupies the large area: wait and
  // try again.
  bool write(std::size_t cell, std::string_view outcome);

  // Dispatcher and master. Corrupt: size or checksum is wrong. The view is valid until the cell is freed.
  Result<std::string_view> read(std::size_t cell) const;
  // When the run began, as the worker reports it.
  BootTime startedBoot(std::size_t cell) const;
  // As the worker reports it; Duration::max() while it is not known.
  Duration cpuTimeBefore(std::size_t cell) const;
  int workerPid(std::size_t cell) const;

 private:
  // False: an outcome that is not settled yet occupies the large area.
  bool claimLargeArea(std::size_t cell);
  char* bodyOf(std::size_t cell, bool large) const;

  char* memory_;
};

}  // namespace leptir::link
