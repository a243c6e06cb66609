// How a task that runs a program says that a signal ended it: to the Executor, which makes a crash of it.
#pragma once

#include <stdexcept>
#include <string>

namespace leptir {

class ProgramCrashed final : public std::runtime_error {
 public:
  ProgramCrashed(const std::string& message, int signal) : std::runtime_error(message), signal_(signal) {}

  int signal() const { return signal_; }

 private:
  int signal_;
};

}  // namespace leptir
