// What all parts of the master use.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "link/link.h"
#include "master/child_process.h"
#include "master/known_processes.h"
#include "master/master_log.h"
#include "master/master_options.h"

namespace leptir::master {

struct MasterContext {
  MasterOptions options;  // exchanged by Reloader
  link::Link& link;
  link::StatusBoard& board;
  const MasterLog log;
  const ChildMains mains;
  const std::function<void()> closeInChild;  // closes the master's own descriptors
  KnownProcesses processes{};

  // The counters of one kind of process.
  metrics::ProcessRow& counters(metrics::ProcessKind kind) const {
    return board.metrics().processes[static_cast<std::size_t>(kind)];
  }

  // Starts a child and adds it to `processes`. None: that failed, and the log says why.
  std::optional<ChildProcess> start(const std::string& name, const std::function<int()>& main);
};

}  // namespace leptir::master
