// ProgramCrashed: the exception with which a program task tells the Executor that a signal ended the program. The
// Executor records a crash.
#pragma once

#include <stdexcept>
#include <string>

namespace leptir::task {

class ProgramCrashed final : public std::runtime_error {
 public:
  ProgramCrashed(const std::string& message, int signal) : std::runtime_error(message), signal_(signal) {}

  int signal() const { return signal_; }

 private:
  int signal_;
};

}  // namespace leptir::task
