#include "worker/inspection_schedule.h"

#include <algorithm>

namespace leptir {

bool InspectionSchedule::isDue(std::string_view name, BootTime now) {
  ++sinceInspection_;
  return cleanRunsOf(name) < kTrusted || sinceInspection_ >= kSeldom || now - inspectedAt_ >= kLongestWithout;
}

void InspectionSchedule::inspected(std::string_view name, bool wasClean, BootTime now) {
  sinceInspection_ = 0;
  inspectedAt_ = now;
  auto& clean = cleanRunsOf(name);
  clean = wasClean ? std::min(clean + 1, kTrusted) : 0;
}

std::uint32_t& InspectionSchedule::cleanRunsOf(std::string_view name) {
  if (ofLastName_ != nullptr && lastName_ == name) return *ofLastName_;
  auto found = cleanRuns_.find(name);
  if (found == cleanRuns_.end()) found = cleanRuns_.emplace(std::string(name), 0).first;
  lastName_ = name;
  ofLastName_ = &found->second;
  return *ofLastName_;
}

}  // namespace leptir
