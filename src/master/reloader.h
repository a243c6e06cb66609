// A reload (HUP), or an order for another number of workers. A reload: a child checks the new configuration, the hooks
// prepare it, the dispatcher hands over, and while none runs the hooks switch over. The present workers exit between
// two tasks: running tasks are not touched, and no further task begins in a worker with the old configuration. Only the
// hooks know what a configuration is.
#pragma once

#include <optional>

#include "master/child_process.h"
#include "master/dispatcher_supervisor.h"
#include "master/exit_report.h"
#include "master/master_context.h"
#include "master/metrics_supervisor.h"
#include "master/shutdown.h"
#include "master/workers.h"

namespace leptir::master {

class Reloader {
 public:
  Reloader(MasterContext& context, ReloadHooks hooks, DispatcherSupervisor& dispatcher, Workers& workers,
           MetricsSupervisor& metrics, Shutdown& shutdown)
      : context_(context),
        hooks_(std::move(hooks)),
        dispatcher_(dispatcher),
        workers_(workers),
        metrics_(metrics),
        shutdown_(shutdown) {}

  // At a HUP: starts a reload, or remembers to start another one after the present reload. A stopping instance keeps
  // its configuration.
  void request(BootTime now);
  // At an order: changes the number of workers until the next reload; after a reload that is going on. The dispatcher
  // hands over, since only its successor sees the slots of further workers.
  void setWorkers(int workers, BootTime now);
  // To be called in each round of the master: takes the step that is due.
  void tick(BootTime now);
  // To be called when a child was reaped. False: it was not the check.
  bool handleExit(const ExitReport& report);

  void closeInChild();

 private:
  void begin(BootTime now);
  void killLateCheck(BootTime now);
  void prepare(BootTime now);
  void commit(BootTime now);
  void finishAsRefused(BootTime now);
  void finish(BootTime now);

  MasterContext& context_;
  const ReloadHooks hooks_;
  DispatcherSupervisor& dispatcher_;
  Workers& workers_;
  MetricsSupervisor& metrics_;
  Shutdown& shutdown_;
  std::optional<ChildProcess> check_;
  BootTime checkUntil_{};
  bool isChecked_ = false;                 // the check succeeded; `prepare` is the next step
  std::optional<MasterOptions> prepared_;  // the new options, while the dispatcher is handing over
  std::uint64_t request_ = 0;              // the last request that the present reload answers
  bool reloading_ = false;                 // from a HUP or an order until `finish`
  bool resizing_ = false;                  // it only changes the number of workers
  bool requestedAgain_ = false;            // another HUP came meanwhile
  std::optional<int> workersAfterwards_;   // an order for this number came meanwhile
};

}  // namespace leptir::master
