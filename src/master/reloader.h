// The steps of a reload (HUP): a child checks the new configuration, the hooks prepare it, the dispatcher hands over,
// and while none runs the hooks switch over. Master and Reloader decide when each step is due; only the hooks know what
// a configuration is.
#pragma once

#include <functional>
#include <optional>

#include "master/child_process.h"
#include "master/exit_report.h"
#include "master/master.h"
#include "master/master_context.h"

namespace leptir::master {

class Reloader {
 public:
  Reloader(MasterContext& children, const ReloadHooks& hooks) : context_(children), hooks_(hooks) {}

  // At a HUP: starts the check, or remembers to start it again when the present reload has finished.
  void request(BootTime now);
  // Kills a check that takes too long.
  void tick(BootTime now);
  // To be called when a child was reaped. False: it was not the check.
  bool reaped(const ExitReport& death);
  // True once for each check that succeeded.
  bool takeChecked() { return std::exchange(checked_, false); }
  // To be called when the reload is done or was given up. Starts the check for a HUP that came meanwhile.
  void finished(BootTime now);

  void closeInChild();

 private:
  void begin(BootTime now);

  MasterContext& context_;
  const ReloadHooks& hooks_;
  std::optional<ChildProcess> check_;
  BootTime checkUntil_{};
  bool reloading_ = false;       // from a HUP until `finished`
  bool requestedAgain_ = false;  // another HUP came while busy
  bool checked_ = false;
};

}  // namespace leptir::master
