#include "dispatcher/drain.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/escape.h"
#include "base/short_list.h"

namespace leptir::dispatcher {

void Drain::askForCounts(Step& step) const {
  if (!isWanted_ || !uses_.leases.isEmpty()) return;
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) {
    if (uses_.sessions.isInUse(broker)) step.actions.brokersToCount.push_back(broker);
  }
}

void Drain::noteCounts(const event::TasksCounted& counted, Step& step) {
  counts_[counted.broker] = counted.counts;
  if (!isWanted_ || step.isStopping() || !uses_.leases.isEmpty()) return;
  if (!hasLoggedWait_) logTasksDueLater(step);
  logPauses(counted.broker, step);
}

void Drain::notePauses(const event::PausesChanged& changed) {
  pauses_[changed.broker] = {.isQueuePaused = changed.isQueuePaused, .names = changed.names, .isLogged = false};
}

// Without this log line a drain that only waits for the time of tasks would look as if it hung. They may be scheduled,
// before a retry, or put behind others of their name (LimitedNames): the counts do not tell.
void Drain::logTasksDueLater(Step& step) {
  std::uint64_t dueLater = 0;
  for (const auto broker : uses_.sessions.byPriority()) {
    const auto& counts = counts_[broker];
    if (!counts || counts->leased > 0 || counts->due > uses_.intake.unknownNames(broker).size()) return;
    dueLater += counts->scheduled;
  }
  if (dueLater == 0) return;
  hasLoggedWait_ = true;
  step.log(LogLevel::Info, "Nothing is due now; the drain waits for " + std::to_string(dueLater) +
                               (dueLater == 1 ? " task whose time is to come." : " tasks whose time is to come."));
}

// Nothing else says why a drain does not end while an operator holds its tasks back. Logged once for each change.
void Drain::logPauses(std::uint32_t broker, Step& step) {
  auto& pauses = pauses_[broker];
  const auto waiting = counts_[broker]->due + counts_[broker]->scheduled;
  if (waiting == 0 || pauses.isLogged || (!pauses.isQueuePaused && pauses.names.empty())) return;
  pauses.isLogged = true;
  const auto& name = uses_.sessions.nameOf(broker);
  const auto names = base::shortList(pauses.names, [](const auto& paused) { return base::inQuotes(paused); });
  const auto what = pauses.isQueuePaused ? "its queue is paused" : "tasks of " + names + " are paused";
  const auto option = pauses.isQueuePaused ? "--broker=" + name : std::string("--name=NAME");
  step.log(LogLevel::Warning, "broker " + name + ": " + what + "; the drain waits for " + std::to_string(waiting) +
                                  (waiting == 1 ? " task" : " tasks") + " until an operator runs `leptir resume " +
                                  option + "`.");
}

bool Drain::isDone() const {
  return isWanted_ && std::ranges::all_of(uses_.sessions.byPriority(), [this](std::uint32_t broker) {
           const auto& counts = counts_[broker];
           if (!counts || counts->leased > 0) return false;
           const auto waiting = counts->due + counts->scheduled;
           return waiting == 0 ||
                  (!uses_.stock.mayHaveMore(broker) && waiting <= uses_.intake.unknownNames(broker).size());
         });
}

bool Drain::hasTasksOfUnknownNames() const {
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) {
    if (uses_.intake.unknownNames(broker).size() > 0) return true;
  }
  return false;
}

void Drain::logUnknownNames(Step& step) const {
  std::uint64_t tasks = 0;
  std::set<std::string> names;
  for (std::uint32_t broker = 0; broker < uses_.sessions.count(); ++broker) {
    const auto& unknown = uses_.intake.unknownNames(broker);
    const auto& counts = counts_[broker];
    if (unknown.size() == 0 || !counts) continue;
    tasks += counts->due + counts->scheduled;
    names.merge(unknown.names());
  }
  if (names.empty()) return;
  step.log(LogLevel::Warning, std::to_string(tasks) + (tasks == 1 ? " task" : " tasks") +
                                  " of unknown names left in the queue: " +
                                  base::shortList(names, [](const auto& name) { return base::inQuotes(name); }) + ".");
}

}  // namespace leptir::dispatcher
