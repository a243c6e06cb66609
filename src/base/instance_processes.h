// The processes of an instance on this machine: those of this user that bear its mark (what tasks forked) or have
// LEPTIR_SESSION=<its name> in their environment (what was executed).
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"

namespace leptir {

struct InstanceProcess {
  pid_t pid = 0;
  std::string command;  // as /proc calls it, fit for a log
};

// "4711 (sleep), 4712 (sh)", at most ten of them.
std::string listed(std::span<const InstanceProcess> processes);

// Those that live. Unavailable: of a process of this user (but process 1) it cannot be told, so there may be one.
// Invalid: `instance` is not the name of an instance.
Result<std::vector<InstanceProcess>> processesOf(std::string_view instance);

// Also of a zombie, until it is reaped.
InstanceProcess named(pid_t process);

struct EndedProcesses {
  std::vector<InstanceProcess> ended;
  bool allGone = true;  // false: one of them did not end within a second, or could not be ended
};

// Ends them with SIGKILL: only for an instance that is known to be dead. Nothing is ended where one of these is
// answered. Invalid: `instance` is not the name of an instance, or it is the instance of this process. Lost: its master
// lives, so what says that it is dead (a row, a lock file, a board) is not about it. Unavailable: the processes cannot
// be listed, or of one it cannot be told whether it is this process's or the master.
Result<EndedProcesses> endProcessesOf(std::string_view instance);

}  // namespace leptir
