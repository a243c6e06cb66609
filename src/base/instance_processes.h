// Finds and kills the processes of an instance on this machine. A process of this user belongs to the instance if it
// has the mark of the instance (base/instance_mark.h; processes that tasks forked) or LEPTIR_SESSION=<name of the
// instance> in its environment (programs that were executed).
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/result.h"

namespace leptir::base {

struct InstanceProcess {
  pid_t pid = 0;
  std::string command;  // from /proc/<pid>/comm, with unprintable bytes replaced
};

// "4711 (sleep), 4712 (sh)": at most ten processes, then the count of the others.
std::string processListText(std::span<const InstanceProcess> processes);

// The living processes of the instance. Unavailable: it cannot be told whether some process of this user (other than
// process 1) belongs to the instance. Invalid: `instance` is not the name of an instance.
Result<std::vector<InstanceProcess>> processesOf(std::string_view instance);

// The pid and the command name of a process; a zombie keeps them until it is reaped.
InstanceProcess describeProcess(pid_t process);

struct KillResult {
  std::vector<InstanceProcess> signalled;  // the processes that got SIGKILL
  bool allGone = true;                     // false: a process did not end within one second, or could not be killed
};

// Kills all processes of the instance with SIGKILL. Call it only for an instance that is known to be dead. No process
// is killed when the answer is one of these errors:
// Invalid: `instance` is not the name of an instance, or this process belongs to that instance.
// Lost: the master of the instance lives, so the evidence of its death (a row, a lock file, a status board) is about
// another instance or is stale.
// Unavailable: /proc cannot be read, or it cannot be told whether one of them is the master or whether this
// process belongs to the instance.
Result<KillResult> killProcessesOf(std::string_view instance);

}  // namespace leptir::base
