// How far the end of the instance has come: what signals and time make of it. No process, no clock of its own.
#pragma once

#include <optional>

#include "leptir/clock.h"
#include "link/shared_page.h"

namespace leptir {

class StopPlan {
 public:
  // Without a grace running tasks may take as long as they like after a TERM.
  explicit StopPlan(std::optional<Duration> shutdownGrace) : grace_(shutdownGrace) {}

  // TERM and INT drain; QUIT ends at once; a second TERM changes nothing, and no signal takes anything back.
  void take(int signal, BootTime now);
  // A reload: for a stop that has not begun.
  void setGrace(std::optional<Duration> shutdownGrace) { grace_ = shutdownGrace; }
  // The dispatcher has settled everything, or will never be able to.
  void leave() { stage_ = Stopping::Leave; }

  Stopping at(BootTime now);
  // When `at` changes by itself; max: never.
  BootTime next() const;

 private:
  std::optional<Duration> grace_;
  Stopping stage_ = Stopping::No;
  BootTime drainUntil_ = BootTime::max();
};

}  // namespace leptir
