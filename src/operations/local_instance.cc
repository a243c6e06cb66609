#include "operations/local_instance.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/host_name.h"
#include "base/instance_mark.h"
#include "base/limits.h"
#include "base/proc_text.h"

namespace leptir::operations {
namespace {

// The attempt alone does not tell the run: after a revive or `retryAfter` another run has the same number.
bool isLogOfRun(const WantedRun& run, const link::RunLog& log) {
  return static_cast<int>(log.attempt) == run.attempt && (run.worker == 0 || log.pid == run.worker);
}

}  // namespace

bool isVisible(const InstanceView& instance) {
  return instance.pid > 0 && instance.host == base::hostName() &&
         base::checkMasterMark(instance.pid, instance.instance) == base::Membership::Yes;
}

// Read from "status", not from the owner of /proc/<pid>: that is root where the process may not be dumped.
bool isOfThisUser(pid_t process) {
  const auto status = base::readProcText(process, "status");
  return status && status->find(fmt::format("\nUid:\t{0}\t{0}\t{0}\t{0}\n", ::geteuid())) != std::string::npos;
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
