#include "worker/process_restorer.h"

#include <utility>

namespace leptir::worker {

void ProcessRestorer::restoreAfter(std::string_view name, bool tookAWhile, BootTime ended) {
  inspects_ = !isChangedForGood_ && schedule_.isDue(name, ended);
  inspects_ || tookAWhile ? snapshot_.restoreAll() : snapshot_.restore();
  if (inspects_) change_ = traits_.restore();
}

std::optional<std::string> ProcessRestorer::lastingChange(std::string_view name, BootTime ended) {
  if (!inspects_) return std::nullopt;
  auto change = inspectThreads(std::exchange(change_, std::nullopt));
  schedule_.noteInspection(name, !change, ended);
  return change;
}

std::optional<std::string> ProcessRestorer::lastingChangeBefore(std::string_view next, std::string_view last,
                                                                const Clock& clock) {
  if (!schedule_.isDueBefore(next)) return std::nullopt;
  snapshot_.restoreAll();
  auto change = inspectThreads(traits_.restore());
  schedule_.noteInspection(last, !change, clock.bootTime());
  isChangedForGood_ = change.has_value();
  return change;
}

std::optional<std::string> ProcessRestorer::inspectThreads(std::optional<std::string> change) const {
  const auto threads = traits_.countLeftoverThreads();
  if (change || threads == 0) return change;
  return "left " + std::to_string(threads) + " thread(s) running (start permanent threads in onWorkerStart)";
}

}  // namespace leptir::worker
