// Reaps the children of the master: processes that it started, and orphans of tasks, which it inherits as their
// subreaper. Kills what they leave running.
#pragma once

#include <functional>
#include <vector>

#include "base/process_tree.h"
#include "leptir/clock.h"
#include "master/exit_report.h"
#include "master/master_context.h"

namespace leptir::master {

class Reaper {
 public:
  // Called for each reaped child, with the processes in its group that were killed just before. True: the callee logs
  // these.
  using OnDeath = std::function<bool(const ExitReport&, const std::vector<base::ProcessInfo>& left)>;

  Reaper(MasterContext& context, const Clock& clock, OnDeath onDeath)
      : context_(context), clock_(clock), onDeath_(std::move(onDeath)) {}

  // Reaps all children that have ended.
  void reapChildren();
  // At the end: kills orphans that earlier tasks left behind, so that no process outlives the instance, except those
  // that are spared.
  void killStrays();

 private:
  void reapChild(int pid);

  MasterContext& context_;
  const Clock& clock_;
  const OnDeath onDeath_;
};

}  // namespace leptir::master
