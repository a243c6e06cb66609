#include "master/run_notes.h"

#include <csignal>
#include <utility>

#include "master/oom_kills.h"

namespace leptir::master {

void RunNotes::beginWorker() {
  bool awaited = slot_.stderrForwarded() < stderr_.end();
  for (std::size_t cell = 0; cell < link::kCells && !awaited; ++cell)
    awaited = slot_.word(cell).state == link::CellState::Died;
  if (!awaited) {
    stderr_.clear();
    slot_.stderrForwarded() = 0;
  }
  stderrSeen_ = stderrFrom_ = stderr_.end();
  task_.reset();
  oomKillsBefore_ = oomKills();
}

void RunNotes::note(const std::optional<RunningTask>& running) {
  if (noteStderrOf(running)) oomKillsBefore_ = oomKills();
}

bool RunNotes::noteStderrOf(const std::optional<RunningTask>& running) {
  const auto before = std::exchange(stderrSeen_, stderr_.end());
  const auto earlier = std::exchange(task_, running);
  const bool same =
      running && earlier && earlier->cell == running->cell && earlier->word.generation == running->word.generation;
  if (!running || same) return false;
  stderrFrom_ = before;
  return true;
}

void RunNotes::complete(ExitReport& report, const std::optional<RunningTask>& running, bool killed) {
  noteStderrOf(running);  // if the run began after the last scan, the counter of OOM kills of that scan counts
  report.stderrFrom = stderrFrom_;
  report.stderrTo = stderr_.end();
  if (report.signal == SIGKILL && !killed && oomKillsBefore_) report.oomKilled = oomKills() > oomKillsBefore_;
}

}  // namespace leptir::master
