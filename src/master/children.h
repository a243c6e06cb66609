// What the keepers of workers and of the dispatcher share: the master's tools, and the list of the children it knows.
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

namespace leptir {

// PHP leptir's prefix: "[<pid>](:MASTER:) ".
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

// Processes that were killed, each once, with the names that they had.
class KilledProcesses {
 public:
  // Right after the signal: the name is lost when the process is reaped.
  void add(std::span<const ProcessInfo> processes);
  void clear() { seen_.clear(), named_.clear(); }
  bool any() const { return !named_.empty(); }
  std::size_t count() const { return named_.size(); }
  // "4711 (sleep), 4712 (sh)", at most ten of them.
  std::string listed() const { return leptir::listed(named_); }

 private:
  std::vector<ProcessInfo> seen_;
  std::vector<InstanceProcess> named_;
};

struct Children {
  const MasterOptions& options;
  Link& link;
  StatusBoard& board;
  MasterLog log;
  const Clock& clock;
  const ChildMains& mains;
  std::function<void()> closeInChild{};  // closes the master's own descriptors
  std::set<int> pids{};                  // alive or not yet reaped
  std::vector<ProcessInfo> kept{};       // left behind on purpose by tasks of workers that are gone
  std::set<int> foreign{};  // children of this process from before it became a master: none of our business

  // Starts one and remembers it; the log says why when that fails.
  std::optional<ChildProcess> start(const std::string& name, std::function<int()> main);
};

}  // namespace leptir
