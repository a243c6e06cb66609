#include "operations/local_instance.h"

#include "base/host_name.h"
#include "base/instance_mark.h"
#include "base/limits.h"

namespace leptir::operations {

bool isVisible(const InstanceView& instance) {
  return instance.pid > 0 && instance.host == base::hostName() &&
         base::checkMasterMark(instance.pid, instance.instance) == base::Membership::Yes;
}

Result<std::optional<link::RunLog>> newestLogIn(const InstanceView& instance, std::string_view id) {
  const std::optional<link::RunLog> none;
  const auto logs = link::RunLogs::ofMaster(instance.pid);
  if (!logs)
    return logs.error().code() == ErrorCode::NotFound ? none : Result<std::optional<link::RunLog>>(logs.error());
  for (int slot = 0; slot < base::kMaxWorkers; ++slot) {
    if (auto log = logs->readNewest(slot, id)) return log;
  }
  return none;
}

}  // namespace leptir::operations
