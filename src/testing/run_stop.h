// RunStop: the state behind the stop token of a task in a TestInstance.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "leptir/clock.h"
#include "leptir/stop_source.h"
#include "leptir/stop_token.h"
#include "link/verdict_area.h"

namespace leptir::testing {

// Fires at the time limit, by the clock that the test sets, and after a cancel request. Any thread.
class RunStop final : public StopState {
 public:
  // `deadline`: none if the task has no limit. `isCancelled` is asked until end() is called. `clock` must live until
  // then.
  RunStop(const Clock& clock, std::optional<BootTime> deadline, std::function<bool()> isCancelled)
      : clock_(clock), deadline_(deadline), isCancelled_(std::move(isCancelled)) {}

  bool stopRequested() const override;
  int descriptor() const override { return source_.token().descriptor(); }

  // The run has ended. Returns why the task was to stop; None: it was not. Tokens that outlive the run do not fire any
  // more.
  link::StopReason end();

 private:
  link::StopReason check() const;

  const Clock& clock_;
  const std::optional<BootTime> deadline_;
  mutable std::mutex mutex_;  // guards all below
  std::function<bool()> isCancelled_;
  mutable StopSource source_;
  mutable link::StopReason reason_ = link::StopReason::None;
  bool hasEnded_ = false;
};

}  // namespace leptir::testing
