#include "task/input_errors.h"

#include "leptir/task_error.h"

namespace leptir::task {

void throwUnreadableParameters(const Error& why) {
  throw InputError("Parameters cannot be read: " + why.message());
}

}  // namespace leptir::task
