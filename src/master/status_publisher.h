// What the instance is doing, told to the status board and to the service manager.
#pragma once

#include "leptir/clock.h"
#include "master/dispatcher_supervisor.h"
#include "master/master_context.h"
#include "master/service_notifier.h"
#include "master/waits_for.h"
#include "master/workers.h"

namespace leptir::master {

class StatusPublisher {
 public:
  StatusPublisher(MasterContext& context, const DispatcherSupervisor& dispatcher, const Workers& workers)
      : context_(context), dispatcher_(dispatcher), workers_(workers) {}

  // Finds the service manager; once, before the first `publish`.
  void openNotifier();
  InstanceView view(BootTime now, bool stopping) const;
  // To be called in each round of the master.
  void publish(BootTime now, bool stopping);
  void closeInChild() { notifier_.closeInChild(); }

 private:
  MasterContext& context_;
  const DispatcherSupervisor& dispatcher_;
  const Workers& workers_;
  ServiceNotifier notifier_;
  bool hasBeenReady_ = false;
};

}  // namespace leptir::master
