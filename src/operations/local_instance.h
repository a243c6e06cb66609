// What this process sees of an instance that runs on the same machine, without asking it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "leptir/operations/fleet_view.h"
#include "leptir/result.h"
#include "link/run_logs.h"
#include "operations/stores.h"

namespace leptir::operations {

// Whether this process sees the instance's master: it is on this machine, and no namespace of processes is between.
// That does not prove whose process it is: any user can write a card and give a process the mark of a master.
bool isMasterVisible(const InstanceView& instance);

// Whether the instance ran where this process sees all processes, and its master is not there any more.
bool isMasterGone(const InstanceView& instance);

// Whether all user ids of a process (real, effective, saved, file system) equal the effective user id of this process.
// /proc/<pid>/exe of a process of another user must not be executed: it is a program that the other user chose.
bool isOfThisUser(pid_t process);

// A task that runs in an instance of this machine, as its status board tells.
struct RunHere {
  InstanceView instance{};
  RunningTask task{};
};
// None: no visible instance of this machine runs the task with this whole id, as far as this process can find out
// without asking a store.
std::optional<RunHere> findRunHere(const Stores& stores, std::string_view id);

// One run of a task.
struct WantedRun {
  std::string_view id;  // of the task
  int attempt = 0;      // 0: any of this worker
  int worker = 0;       // its pid; 0: unknown
};

// The log of a run in a worker of a visible instance; none: the run has not logged anything. The slots of other workers
// may keep logs of earlier runs of the same task. Unavailable: this process may not read the memory of the instance.
Result<std::optional<link::RunLog>> logOfRun(const InstanceView& instance, const WantedRun& run);

}  // namespace leptir::operations
