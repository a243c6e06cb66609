#include "master/stop_plan.h"

#include <csignal>

#include "base/saturated.h"

namespace leptir {

void StopPlan::take(int signal, BootTime now) {
  const bool drain = signal == SIGTERM || signal == SIGINT;
  if (drain && stage_ == Stopping::No) {
    stage_ = Stopping::Drain;
    if (grace_) drainUntil_ = saturatedAdd(now, *grace_);
  }
  if (signal == SIGQUIT && stage_ < Stopping::Now) stage_ = Stopping::Now;
}

Stopping StopPlan::at(BootTime now) {
  if (stage_ == Stopping::Drain && now >= drainUntil_) stage_ = Stopping::Now;
  return stage_;
}

BootTime StopPlan::next() const {
  return stage_ == Stopping::Drain ? drainUntil_ : BootTime::max();
}

}  // namespace leptir
