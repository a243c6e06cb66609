#include "task/input_errors.h"

#include <fmt/format.h>

#include "leptir/task_error.h"

namespace leptir::task {

void throwUnreadableParameters(const Error& why) {
  throw InputError("Parameters cannot be read: " + why.message());
}

void throwIntegerDoesNotFit(std::string_view parameter, std::string_view digits) {
  throw InputError(fmt::format("Input value does not fit into the requested integer type{}{}. Parameter: {}",
                               digits.empty() ? "" : ": ", digits, parameter));
}

}  // namespace leptir::task
