// One instance, in the process that is its master: makes what the children inherit, and runs the master.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "config/descriptor_limit.h"
#include "instance/config_reload.h"
#include "instance/find_instance.h"
#include "instance/instance.h"
#include "instance/loaded_config.h"
#include "instance/session_locks.h"
#include "link/link.h"

namespace leptir::instance {

class InstanceSetup {
 public:
  // The arguments must outlive this object. Workers wipe the secrets in `config`. The master restores lost `files`.
  InstanceSetup(Config& config, const InstanceOptions& options, const Program& program, InstanceLocks& files);

  // Makes everything that children will inherit. Answers an exit status; 0: the start goes on.
  int prepare();
  // Warnings for the user that do not keep the instance from running, one sentence each.
  std::vector<std::string> warnings() const;
  // Takes the session lock files of all stores. Call it after the stores were found usable. Returns an exit status; 0:
  // the start goes on.
  int takeSessionLocks();
  // Instead of `run`, when the start ends: removes what `prepare` made.
  void undoPrepare();
  // Runs until the instance has ended; answers its exit status. `closeInChild` closes what only the master needs.
  int run(const std::function<void()>& closeInChild);

 private:
  // The steps of prepare(); each answers an exit status.
  int startLog();
  int raiseDescriptorLimit();
  int markProcesses();
  int makeLink();
  int makeStatusBoard();

  void logStart() const;
  void flushLog();

  int dispatch(int masterPid);
  int work(int slot, int masterPid);
  int serveMetrics(master::Beats& beats);
  enum class WorkerRuns { Tasks, ErrorReports };
  void wipeSecrets(WorkerRuns runs);

  Config& configFromCaller_;
  const InstanceOptions& options_;
  const Program program_;
  const std::string name_;
  std::string predecessor_;  // name of the killed instance that was cleaned up here; empty: there was none
  LoadedConfig current_;
  base::UniqueFd masterMark_;  // base/instance_mark.h
  SessionLocks sessionLocks_;
  const config::DescriptorLimit descriptorLimit_;
  InstanceLocks& files_;
  std::unique_ptr<link::Link> link_;
  std::unique_ptr<link::StatusBoard> board_;
  std::optional<ConfigReload> reload_;  // once it runs
};

}  // namespace leptir::instance
