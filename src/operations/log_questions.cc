// Operations::log.
#include "base/task_names.h"
#include "leptir/operations.h"

namespace leptir {

Result<TaskLog> Operations::log(std::string_view id, int) {
  if (auto valid = base::checkTaskId(id); !valid) return valid.error();
  return Error(ErrorCode::Unsupported, "no record of this version of leptir has a log");
}

}  // namespace leptir
