// Signals of an instance that is still starting: blocked from its first step on, so that no signal is lost and none
// ends the instance half way.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include "leptir/clock.h"
#include "leptir/result.h"
#include "master/signals.h"

namespace leptir::instance {

class StartSignals {
 public:
  // Blocks the signals until this object ends. Internal: the kernel refused.
  static Result<StartSignals> open();

  // Runs `work` in a child process, so that libraries that it loads and threads that it starts are gone afterwards, and
  // answers its exit status. nullopt: TERM, INT or QUIT came. The child is then killed, and awaited for `patience`
  // at most: one that a hanging disk or file server holds up is left to end later. Without a signal `work` may take as
  // long as it likes. Unavailable: no process can be made now.
  Result<std::optional<int>> runInChild(const std::function<int()>& work, Duration patience = std::chrono::seconds(5));

  // Sends a signal that came but concerns only the master (HUP, USR1) to this process again.
  void resendSignalToMaster();
  void closeInChild() { inbox_.closeInChild(); }

 private:
  explicit StartSignals(master::SignalInbox inbox) : inbox_(std::move(inbox)) {}
  std::optional<int> waitForEndOrStop(int child);
  void waitForEnd(int child, Duration longest);
  bool takeSignals();

  master::SignalInbox inbox_;
  std::optional<int> signalForMaster_;
};

}  // namespace leptir::instance
