// How far the shutdown of the instance has come, as signals and the passing time decide. Uses no process and no clock.
#pragma once

#include <optional>

#include "leptir/clock.h"
#include "link/shared_page.h"

namespace leptir::master {

class ShutdownSchedule {
 public:
  // Without a grace, running tasks may take as long as they like after TERM.
  explicit ShutdownSchedule(std::optional<Duration> shutdownGrace) : grace_(shutdownGrace) {}

  // TERM and INT start draining, QUIT ends running tasks at once. A second TERM changes nothing; no signal goes back to
  // an earlier stage.
  void take(int signal, BootTime now);
  // At a reload. A shutdown that has begun keeps its grace.
  void setGrace(std::optional<Duration> shutdownGrace) { grace_ = shutdownGrace; }
  // To be called when the dispatcher has settled all tasks, or never will.
  void enterLeaveStage() { stage_ = link::ShutdownStage::Leave; }

  link::ShutdownStage at(BootTime now);
  // When `at` changes without a further signal; max: never.
  BootTime next() const;

 private:
  std::optional<Duration> grace_;
  link::ShutdownStage stage_ = link::ShutdownStage::No;
  BootTime drainUntil_ = BootTime::max();
};

}  // namespace leptir::master
