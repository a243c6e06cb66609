#include "link/crash_report.h"

#include <algorithm>
#include <atomic>

namespace leptir::link {

std::unique_ptr<CrashReport> copyCrashReport(CrashReport& report, int pid) {
  const auto kind = std::atomic_ref(report.kind).load(std::memory_order_acquire);
  if (kind == CrashReportKind::None || kind > CrashReportKind::Stopped) return nullptr;
  auto copy = std::make_unique<CrashReport>(report);
  if (copy->pid != pid) return nullptr;
  copy->kind = kind;
  copy->frames = std::min<std::uint32_t>(copy->frames, kMaxCrashFrames);
  copy->mapsBytes = std::min<std::uint32_t>(copy->mapsBytes, kCrashMapsBytes);
  copy->exceptionType[kCrashTextBytes - 1] = copy->exceptionText[kCrashTextBytes - 1] = '\0';
  return copy;
}

}  // namespace leptir::link
