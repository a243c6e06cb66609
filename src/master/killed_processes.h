// A list of processes that were killed, each once, with their command names.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/instance_processes.h"
#include "base/process_tree.h"

namespace leptir::master {

class KilledProcesses {
 public:
  // Call it right after the kill: the name is lost when the process is reaped.
  void add(std::span<const base::ProcessInfo> processes);
  bool any() const { return !named_.empty(); }
  // "4711 (sleep), 4712 (sh)", at most ten of them.
  std::string processListText() const { return base::processListText(named_); }

 private:
  std::vector<base::ProcessInfo> seen_;
  std::vector<base::InstanceProcess> named_;
};

}  // namespace leptir::master
