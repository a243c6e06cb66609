// What a task's own code may throw on purpose. Anything else that it throws is caught too; these say more.
#pragma once

#include <stdexcept>
#include <string>

namespace leptir {

// PHP leptir's LeptirTaskException: the task failed and says why. The record reads "LeptirTaskException occurred.
// <message>".
class TaskError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// PHP leptir's LeptirInputException: a parameter is missing or not what was asked for. The message names the parameter,
// what it is and what was asked.
class InputError : public TaskError {
 public:
  using TaskError::TaskError;
};

}  // namespace leptir
