// After which tasks a worker looks whether its process is still as it was: that costs some 20 microseconds, more than a
// task that does nothing takes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir {

// After each task; but once the runs of a name have left the process as it was 16 times in a row, only after each 256th
// of them, and at least every 10 ms. Before a run of another name there is always a look, so that a name that
// misbehaves seldom harms only itself.
class InspectionSchedule {
 public:
  // Takes the run of a task into account that has just ended.
  bool isDue(std::string_view name, BootTime now);
  // Whether a look must come before this name runs: another name has run since the last look.
  bool isDueBefore(std::string_view name) const { return sinceInspection_ > 0 && lastName_ != name; }
  // What the look found.
  void inspected(std::string_view name, bool wasClean, BootTime now);

 private:
  static constexpr Duration kLongestWithout = std::chrono::milliseconds(10);
  static constexpr std::uint32_t kTrusted = 16;
  static constexpr std::uint32_t kSeldom = 256;

  std::uint32_t& cleanRunsOf(std::string_view name);

  std::map<std::string, std::uint32_t, std::less<>> cleanRuns_;
  std::string lastName_;
  std::uint32_t* ofLastName_ = nullptr;
  std::uint32_t sinceInspection_ = 0;
  BootTime inspectedAt_{};
};

}  // namespace leptir
