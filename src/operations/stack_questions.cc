// Operations::stack.
#include "base/task_names.h"
#include "leptir/operations.h"

namespace leptir {

Result<TaskStack> Operations::stack(std::string_view id) {
  if (auto valid = base::checkTaskId(id); !valid) return valid.error();
  return Error(ErrorCode::Unsupported, "this version of leptir cannot take stacks");
}

}  // namespace leptir
