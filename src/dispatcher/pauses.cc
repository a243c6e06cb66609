#include "dispatcher/pauses.h"

namespace leptir::dispatcher {

// What comes back from the cells meets the same pauses in Intake.
void Pauses::change(const event::PausesChanged& changed, Step& step) {
  uses_.sessions.setPaused(changed.broker, changed.isQueuePaused);
  const bool anyNewName = uses_.limitedNames.setPaused(changed.broker, changed.names, step);
  if (anyNewName) uses_.limitedNames.giveBackPaused(changed.broker, step);
  if (changed.isQueuePaused) uses_.intake.giveBackStock(changed.broker, step);
  if (changed.isQueuePaused || anyNewName) uses_.assigner.takeBackAllUnstarted(step);
}

void Pauses::drain(bool drained, Step& step) {
  uses_.sessions.setDrained(drained);
  if (!drained) return;
  uses_.intake.giveBackStock(step);
  uses_.assigner.takeBackAllUnstarted(step);
}

}  // namespace leptir::dispatcher
