// Notices when the master itself did not run for a while (suspended, stopped, starved): then the silence of a child
// proves nothing about the child.
#pragma once

#include <utility>

#include "leptir/clock.h"

namespace leptir::master {

class StallDetector {
 public:
  // The first round of a child's life.
  void begin(BootTime now) { lastRound_ = now; }
  // To be called in each later round. How long the master did not run before this round; zero: it ran.
  Duration stallBefore(BootTime now) {
    const Duration gap = now - std::exchange(lastRound_, now);
    return gap > kMaxMasterRoundTime ? gap : Duration::zero();
  }

 private:
  static constexpr Duration kMaxMasterRoundTime = std::chrono::seconds(1);
  BootTime lastRound_{};
};

}  // namespace leptir::master
