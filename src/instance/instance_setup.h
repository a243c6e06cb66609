// One instance, in the process that is its master: makes what the children inherit, runs the master, and exchanges the
// configuration at a HUP.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "config/config_text.h"
#include "instance/broker_lines.h"
#include "instance/descriptor_limit.h"
#include "instance/find_instance.h"
#include "instance/instance.h"
#include "instance/session_locks.h"
#include "leptir/logger.h"
#include "link/link.h"
#include "master/master_options.h"

namespace leptir::instance {

class InstanceSetup {
 public:
  // All outlive it. Workers wipe the connections of stores in `config`, too. `files` are kept in place while it runs.
  InstanceSetup(Config& config, const InstanceOptions& options, const Program& program, InstanceLocks& files);

  // Makes everything that children will inherit. Answers an exit status; 0: the start goes on.
  int prepare();
  // Warnings for the user that do not keep the instance from running, one sentence each.
  std::vector<std::string> warnings() const;
  // Call it once the stores were found usable. Answers an exit status.
  int takeSessionLocks();
  // Instead of `run`, when the start ends: removes what `prepare` made.
  void abandon();
  // Runs until the instance has ended; answers its exit status. `closeInChild` closes what only the master needs.
  int run(const std::function<void()>& closeInChild);

 private:
  // A configuration with everything made from it: a reload exchanges it as a whole.
  struct LoadedConfig {
    Config config;
    BrokerLines lines;
    Program program;  // the user's tasks and the programs of the configuration
    Logger logger;
  };

  Result<Logger> openLogger(const Config& config) const;
  Program programOf(const Config& config) const;
  Config configWithAllBrokers(const LoadedConfig& loaded) const;
  master::MasterOptions masterOptions(const LoadedConfig& loaded) const;
  void logStart() const;
  void flushLog();

  int dispatch(int masterPid);
  int work(int slot, int masterPid);
  void wipeSecrets();

  void keepFiles();
  void keepSessionLocks();
  Result<std::vector<std::filesystem::path>> restoreInstanceFiles();
  void logErrorOnce(std::string& last, const std::string& trouble) const;
  master::ReloadHooks reloadHooks();
  bool readNewConfig();
  int checkNewConfig() const;
  std::optional<master::MasterOptions> prepareNext();
  Result<void> buildNext(const Config& config);
  void commitNext();
  void say(LogLevel level, const std::string& message) const;

  Config& configFromCaller_;
  const InstanceOptions& options_;
  const Program program_;
  const std::string name_;
  std::string predecessor_;  // name of the killed instance that was cleaned up here; empty: there was none
  LoadedConfig current_;
  std::optional<config::ConfigText> newText_;  // the new configuration file, during a reload
  std::unique_ptr<LoadedConfig> next_;         // the new configuration, ready to be committed
  base::UniqueFd masterSign_;                  // base/instance_mark.h
  SessionLocks locks_;
  const DescriptorLimit descriptorLimit_;
  InstanceLocks& files_;
  std::string lastLockError_, lastFileError_;  // last logged errors of session locks; of pid file, alias and board
  std::unique_ptr<link::Link> link_;
  std::unique_ptr<link::StatusBoard> board_;
};

}  // namespace leptir::instance
