#include "operations/local_instance.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/host_name.h"
#include "base/instance_mark.h"
#include "base/limits.h"
#include "base/pid_namespace.h"
#include "base/proc_text.h"

namespace leptir::operations {
namespace {

// The attempt alone does not tell the run: after a revive or `retryAfter` another run has the same number.
bool isLogOfRun(const WantedRun& run, const link::RunLog& log) {
  const bool isAnyOfTheWorker = run.attempt == 0 && run.worker != 0;
  const bool isAttempt = isAnyOfTheWorker || static_cast<int>(log.attempt) == run.attempt;
  return isAttempt && (run.worker == 0 || log.pid == run.worker);
}

}  // namespace

bool isMasterVisible(const InstanceView& instance) {
  return instance.pid > 0 && instance.host == base::hostName() &&
         base::checkMasterMark(instance.pid, instance.instance) == base::Membership::Yes;
}

bool isMasterGone(const InstanceView& instance) {
  const bool isOfThisSpace = !instance.pidNamespace.empty() && instance.pidNamespace == base::pidNamespace();
  return isOfThisSpace && instance.pid > 0 &&
         base::checkMasterMark(instance.pid, instance.instance) == base::Membership::No;
}

// Read from "status", not from the owner of /proc/<pid>: that is root where the process may not be dumped.
bool isOfThisUser(pid_t process) {
  const auto status = base::readProcText(process, "status");
  return status && status->find(fmt::format("\nUid:\t{0}\t{0}\t{0}\t{0}\n", ::geteuid())) != std::string::npos;
}

std::optional<RunHere> findRunHere(const Stores& stores, std::string_view id) {
  for (auto& instance : stores.instancesHere()) {
    const auto task = std::ranges::find(instance.running, id, &RunningTask::id);
    if (task == instance.running.end() || task->pid <= 0 || !isMasterVisible(instance)) continue;
    auto found = *task;
    return RunHere{.instance = std::move(instance), .task = std::move(found)};
  }
  return std::nullopt;
}

Result<std::optional<link::RunLog>> logOfRun(const InstanceView& instance, const WantedRun& run) {
  const std::optional<link::RunLog> none;
  const auto logs = link::RunLogs::ofMaster(instance.pid);
  if (!logs)
    return logs.error().code() == ErrorCode::NotFound ? none : Result<std::optional<link::RunLog>>(logs.error());
  for (int slot = 0; slot < base::kMaxWorkers; ++slot) {
    if (auto log = logs->readNewest(slot, run.id); log && isLogOfRun(run, *log)) return log;
  }
  return none;
}

}  // namespace leptir::operations
