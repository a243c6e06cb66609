// What the parts of the core share while they handle one step.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/saturated.h"
#include "dispatcher/actions.h"
#include "leptir/clock.h"

namespace leptir::dispatcher {

// Both clocks, read at the same instant.
struct ClockReading {
  BootTime boot{};
  Time wall{};
};

struct Step {
  ClockReading now;
  std::optional<BootTime> stoppedAt;  // when the instance began to stop; empty: it goes on
  Actions actions{};                  // that the parts have asked for so far

  bool isStopping() const { return stoppedAt.has_value(); }
  void log(LogLevel level, std::string text) { actions.logLines.push_back({level, std::move(text)}); }
  void log(LogLevel level, std::string text, const LogTask& task) {
    actions.logLines.push_back({level, std::move(text), std::string(task.id), std::string(task.name), task.attempt});
  }
  // What the wall clock showed at `time`, unless it was set since then.
  Time wallOf(BootTime time) const {
    return base::saturatedSubtract(now.wall, base::saturatedSubtract(now.boot, time));
  }
};

}  // namespace leptir::dispatcher
