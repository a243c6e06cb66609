#include "master/shutdown_schedule.h"

#include <csignal>

#include "base/saturated.h"

namespace leptir::master {

void ShutdownSchedule::take(int signal, BootTime now) {
  const bool drain = signal == SIGTERM || signal == SIGINT;
  if (drain && stage_ == link::ShutdownStage::No) {
    stage_ = link::ShutdownStage::Drain;
    if (grace_) drainUntil_ = base::saturatedAdd(now, *grace_);
  }
  if (signal == SIGQUIT && stage_ < link::ShutdownStage::Now) stage_ = link::ShutdownStage::Now;
}

link::ShutdownStage ShutdownSchedule::at(BootTime now) {
  if (stage_ == link::ShutdownStage::Drain && now >= drainUntil_) stage_ = link::ShutdownStage::Now;
  return stage_;
}

BootTime ShutdownSchedule::next() const {
  return stage_ == link::ShutdownStage::Drain ? drainUntil_ : BootTime::max();
}

}  // namespace leptir::master
