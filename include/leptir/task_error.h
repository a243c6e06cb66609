// The exceptions that a task throws to fail with a message for the record. leptir also catches every other exception.
#pragma once

#include <stdexcept>
#include <string>

namespace leptir {

// The task failed, and its message says why; PHP leptir's LeptirTaskException. The response in the record is
// "LeptirTaskException occurred. <message>".
class TaskError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A parameter is missing or has the wrong type; PHP leptir's LeptirInputException. The message names the parameter, its
// type and the requested type.
class InputError : public TaskError {
 public:
  using TaskError::TaskError;
};

}  // namespace leptir
