// The signals of an instance that is still starting: blocked from its first step on, so that none is lost and none ends
// it half way.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include "leptir/clock.h"
#include "leptir/result.h"
#include "master/signals.h"

namespace leptir {

class StartSignals {
 public:
  // Blocks them; they stay blocked until this object ends. Internal: the kernel refused.
  static Result<StartSignals> open();

  // Runs `work` in a child process, so that libraries that it loads and threads that it starts are gone afterwards, and
  // answers its exit status. None: TERM, INT or QUIT came, and the child was killed; one that has not died after
  // `patience` (it waits for a disk or a file server that hangs) is left to die later. Unavailable: no process can be
  // made now.
  Result<std::optional<int>> await(const std::function<int()>& work, Duration patience = std::chrono::seconds(5));

  // Sends what came and was not for the start (HUP, USR1) to this process once more, for the master.
  void handOn();
  void closeInChild() { inbox_.closeInChild(); }

 private:
  explicit StartSignals(SignalInbox inbox) : inbox_(std::move(inbox)) {}
  bool takeSignals();

  SignalInbox inbox_;
  std::optional<int> forMaster_;
};

}  // namespace leptir
