// The environment of this process, which a task may change (setenv, putenv, clearenv, or by writing into a variable).
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace leptir::worker {

class EnvironmentVariables {
 public:
  // Remembers the present variables.
  EnvironmentVariables();

  // Puts all variables back if a task has changed any. Compares every byte of the remembered variables, but follows no
  // pointer that a task has put into `environ`: it may be invalid.
  void restore() const;

 private:
  bool areUnchanged() const;

  std::vector<std::string> texts_;
  std::vector<const char*> foundAt_;
  // `environ` points to this list once variables were put back. Its strings are copies, since tasks may write into
  // them.
  std::unique_ptr<char*[]> restoredList_;
  std::vector<std::unique_ptr<char[]>> restoredEntries_;
};

}  // namespace leptir::worker
