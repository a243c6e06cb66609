// The running task of a slot, as the master sees it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "leptir/clock.h"
#include "link/cell_scan.h"

namespace leptir::master {

struct RunningTask {
  std::size_t cell = 0;
  link::CellWord word;
  std::uint32_t broker = 0;
  std::uint64_t epoch = 0;
  Duration timeLimit{};  // zero: none
  // Set by the dispatcher: Cancel, or LeaseLost if only the lease of this task is lost.
  link::StopReason stopRequest = link::StopReason::None;
  BootTime begun{};  // as the worker reports it

  // The task that a scan of the slot found running.
  static std::optional<RunningTask> in(const link::Slot& slot, const link::CellScan& scan);
};

}  // namespace leptir::master
