// The shutdown of an instance: takes it from stage to stage, tells every process the stage, and lets the instance end
// when the dispatcher has ended, or without a dispatcher that does not come to an end.
#pragma once

#include <optional>

#include "leptir/clock.h"
#include "link/shared_page.h"
#include "master/dispatcher_supervisor.h"
#include "master/master_context.h"
#include "master/shutdown_schedule.h"
#include "master/status_publisher.h"
#include "master/workers.h"

namespace leptir::master {

class Shutdown {
 public:
  Shutdown(MasterContext& context, DispatcherSupervisor& dispatcher, Workers& workers, const StatusPublisher& status)
      : context_(context),
        dispatcher_(dispatcher),
        workers_(workers),
        status_(status),
        schedule_(context.options.shutdownGrace) {}

  // TERM, INT or QUIT.
  void takeSignal(int signal, BootTime now);
  link::ShutdownStage stage(BootTime now) { return schedule_.at(now); }
  bool hasBegun(BootTime now) { return stage(now) != link::ShutdownStage::No; }
  // Tells all processes of the instance which stage the shutdown has reached, once for each stage.
  void publishStage(BootTime now);
  // To be called in each round of the master, after the dispatcher's supervisor.
  void tick(BootTime now);
  // At a reload. A shutdown that has begun keeps its grace.
  void setGrace(std::optional<Duration> grace) { schedule_.setGrace(grace); }

  // How the instance ends; set once the workers have been told to exit.
  std::optional<link::InstanceEnd> end() const { return end_; }
  // Whether the instance has ended: no worker is left, or one that the kernel does not end is not waited for any more.
  bool isOver(BootTime now) const;
  // When to call `tick` again at the latest.
  BootTime next() const { return schedule_.next(); }

 private:
  void logWhatItWaitsFor(int signal, BootTime now);
  void endWithoutDispatcher(BootTime now);
  void tellWorkersToExit(link::InstanceEnd end, BootTime now);

  MasterContext& context_;
  DispatcherSupervisor& dispatcher_;
  Workers& workers_;
  const StatusPublisher& status_;
  ShutdownSchedule schedule_;
  BootTime settleUntil_ = BootTime::max();  // when the dispatcher must have settled all tasks
  std::optional<link::InstanceEnd> end_;
  BootTime exitUntil_ = BootTime::max();  // when workers that have not exited are killed
};

}  // namespace leptir::master
