// After which tasks a worker inspects its process for changes that tasks have left. An inspection costs some 20
// microseconds, more than a task that does nothing takes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::worker {

// After each task; but once 16 runs of a task name in a row have left the process unchanged, only after every 256th of
// its runs, and at least every 10 ms. Before a task of another name runs, an inspection that was skipped is made up
// for, so that a name which rarely leaves changes harms only itself.
class InspectionSchedule {
 public:
  // Counts the run that has just ended; true: inspect the process now.
  bool isDue(std::string_view name, BootTime now);
  // Whether an inspection must come before a task of this name runs: another name has run since the last inspection.
  bool isDueBefore(std::string_view name) const { return runsSinceInspection_ > 0 && lastName_ != name; }
  // Records what the inspection after a run of this name has found.
  void noteInspection(std::string_view name, bool wasClean, BootTime now);

 private:
  static constexpr Duration kMaxInterval = std::chrono::milliseconds(10);
  static constexpr std::uint32_t kCleanRunsToTrust = 16;
  static constexpr std::uint32_t kRunsPerInspection = 256;

  std::uint32_t& cleanRunsOf(std::string_view name);

  std::map<std::string, std::uint32_t, std::less<>> cleanRuns_;
  std::string lastName_;
  std::uint32_t* cleanRunsOfLastName_ = nullptr;
  std::uint32_t runsSinceInspection_ = 0;
  BootTime inspectedAt_{};
};

}  // namespace leptir::worker
