// One instance in the process that is its master: what its children inherit, and how a HUP changes it.
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
#include "master/master.h"

namespace leptir {

class Flight {
 public:
  // All outlive it. Workers wipe the connections of stores in `config`, too. `files` are kept in place while it runs.
  Flight(Config& config, const InstanceOptions& options, const Program& program, InstanceLocks& files);

  // Makes everything that children will inherit. The answer is an exit status; 0 goes on.
  int prepare();
  // What the user should know, though the instance runs: one sentence each.
  std::vector<std::string> warnings() const;
  // After the stores were found usable.
  int takeSessionLocks();
  // Instead of `run`: removes what `prepare` made.
  void abandon();
  // Until the instance has ended; its exit status. `closeInChild` closes what is the master's alone.
  int run(const std::function<void()>& closeInChild);

 private:
  // What a reload exchanges as a whole.
  struct Plan {
    Config config;
    BrokerLines lines;
    Program program;  // the user's, with the programs of the configuration
    Logger logger;
  };

  Result<Logger> openLogger(const Config& config) const;
  Program programOf(const Config& config) const;
  Config withAllLines(const Plan& plan) const;
  MasterOptions masterOptions(const Plan& plan) const;
  void sayWhatStarts() const;
  void endLog();

  int dispatch(int masterPid);
  int work(int slot, int masterPid);
  void wipeSecrets();

  void keepFiles();
  void keepSessionLocks();
  Result<std::vector<std::filesystem::path>> restoreInstanceFiles();
  void tellTrouble(std::string& last, const std::string& trouble) const;
  ReloadHooks reloadHooks();
  bool readAgain();
  int checkAgain() const;
  std::optional<MasterOptions> prepareNext();
  Result<void> makeNext(const Config& config);
  void commitNext();
  void say(LogLevel level, const std::string& message) const;

  Config& given_;
  const InstanceOptions& options_;
  const Program program_;
  const std::string name_;
  std::string predecessor_;  // that was killed here, if any
  Plan plan_;
  std::optional<ConfigText> read_;  // what a reload is about
  std::unique_ptr<Plan> next_;      // checked, and made ready
  UniqueFd masterSign_;             // base/instance_mark.h
  SessionLocks locks_;
  const DescriptorLimit descriptorLimit_;
  InstanceLocks& files_;
  std::string lockTrouble_, fileTrouble_;  // what was last said of the lock files; of pid file, alias and board
  std::unique_ptr<Link> link_;
  std::unique_ptr<StatusBoard> board_;
};

}  // namespace leptir
