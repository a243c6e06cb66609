#include "worker/inspection_schedule.h"

#include <algorithm>

namespace leptir::worker {

bool InspectionSchedule::isDue(std::string_view name, BootTime now) {
  ++runsSinceInspection_;
  return cleanRunsOf(name) < kCleanRunsToTrust || runsSinceInspection_ >= kRunsPerInspection ||
         now - inspectedAt_ >= kMaxInterval;
}

void InspectionSchedule::noteInspection(std::string_view name, bool wasClean, BootTime now) {
  runsSinceInspection_ = 0;
  inspectedAt_ = now;
  auto& clean = cleanRunsOf(name);
  clean = wasClean ? std::min(clean + 1, kCleanRunsToTrust) : 0;
}

std::uint32_t& InspectionSchedule::cleanRunsOf(std::string_view name) {
  if (cleanRunsOfLastName_ != nullptr && lastName_ == name) return *cleanRunsOfLastName_;
  auto found = cleanRuns_.find(name);
  if (found == cleanRuns_.end()) found = cleanRuns_.emplace(std::string(name), 0).first;
  lastName_ = name;
  cleanRunsOfLastName_ = &found->second;
  return *cleanRunsOfLastName_;
}

}  // namespace leptir::worker
