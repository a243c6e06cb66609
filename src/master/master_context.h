// What the supervisors of workers and dispatcher share: the master's tools, and the list of its child processes.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/instance_processes.h"
#include "base/process_tree.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "link/link.h"
#include "master/child_process.h"
#include "master/master.h"

namespace leptir::master {

// Log lines with the prefix of PHP leptir: "[<pid>](:MASTER:) ".
class MasterLog {
 public:
  explicit MasterLog(const Logger& logger) : logger_(logger) {}
  void info(const std::string& message) const { logger_.info(prefix() + message); }
  void warning(const std::string& message) const { logger_.warning(prefix() + message); }
  void error(const std::string& message) const { logger_.error(prefix() + message); }

 private:
  static std::string prefix();
  const Logger& logger_;
};

// A list of processes that were killed, each once, with their command names.
class KilledProcesses {
 public:
  // Call it right after the kill: the name is lost when the process is reaped.
  void add(std::span<const base::ProcessInfo> processes);
  void clear() { seen_.clear(), named_.clear(); }
  bool any() const { return !named_.empty(); }
  std::size_t count() const { return named_.size(); }
  // "4711 (sleep), 4712 (sh)", at most ten of them.
  std::string processListText() const { return leptir::base::processListText(named_); }

 private:
  std::vector<base::ProcessInfo> seen_;
  std::vector<base::InstanceProcess> named_;
};

struct MasterContext {
  const MasterOptions& options;
  link::Link& link;
  link::StatusBoard& board;
  MasterLog log;
  const Clock& clock;
  const ChildMains& mains;
  std::function<void()> closeInChild{};              // closes the master's own descriptors
  std::set<int> pids{};                              // children that are alive or not reaped yet
  std::vector<base::ProcessInfo> keptDescendants{};  // processes that tasks of earlier workers left behind on purpose
  std::set<int> foreign{};  // children that this process had before it became a master: never killed

  // Starts a child and adds it to `pids`. None: that failed, and the log says why.
  std::optional<ChildProcess> start(const std::string& name, std::function<int()> main);
};

}  // namespace leptir::master
