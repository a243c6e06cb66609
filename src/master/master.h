// The master process: starts, watches and replaces the dispatcher and the workers; owns signals, time limits and every
// kill. It opens no store, parses no task, runs no user code and starts no thread (a process that forks must not have
// any).
#pragma once

#include <functional>
#include <memory>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "link/link.h"
#include "master/master_options.h"

namespace leptir::master {

class Master {
 public:
  // All references must outlive the master. `reopenLogs` is called at USR1 and HUP, `everySecond` about once a second.
  Master(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger, const Clock& clock,
         ChildMains children, std::function<void()> reopenLogs, ReloadHooks reload = {},
         std::function<void()> everySecond = {});
  ~Master();

  // Runs until the instance has ended and every child is reaped. Must be called from the only thread of the process.
  link::InstanceEnd run();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace leptir::master
