// Decides whether a worker that runs no task hangs: it does not become ready, does not begin its assigned task, or does
// not exit although it was asked to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "leptir/clock.h"
#include "link/cell_scan.h"
#include "link/shared_page.h"
#include "master/stall_detector.h"

namespace leptir::master {

class HangWatch {
 public:
  HangWatch(link::Slot& slot, const link::SharedPage& page) : slot_(slot), page_(page) {}

  struct Expectation {
    bool exits = false;    // the worker was asked to exit between two tasks
    bool begins = true;    // the worker may begin assigned tasks: the instance does not stop
    Duration longestWait;  // for either
    std::string_view whatItRuns = "task";
  };

  // A worker starts.
  void begin(BootTime now);
  // To be called each time the master has scanned the slot. The end of a log line that says why the worker is replaced;
  // empty: it does not hang.
  std::string check(const link::CellScan& scan, const Expectation& expected, BootTime now);

 private:
  // The assigned cell that the worker should have begun. If it should exit instead: no cell, and an empty word.
  using Awaited = std::pair<std::size_t, link::CellWord>;
  std::optional<Awaited> findAwaited(const link::CellScan& scan, const Expectation& expected, BootTime now) const;

  link::Slot& slot_;
  const link::SharedPage& page_;
  StallDetector stalls_;
  BootTime started_{};
  std::optional<Awaited> awaited_;
  BootTime awaitedSince_{};
};

}  // namespace leptir::master
