// The environment of this process, which a task may change (setenv, putenv, clearenv, or by writing into a variable).
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace leptir {

class EnvironmentVariables {
 public:
  // Remembers what they are now.
  EnvironmentVariables();

  // Puts all back as they were, if a task changed any. Compares every byte, and follows no pointer that a task has put
  // there: it may lead nowhere.
  void restore() const;

 private:
  bool areUnchanged() const;

  std::vector<std::string> texts_;
  std::vector<const char*> foundAt_;
  // What `environ` is after they were put back. Its strings are copies, since a task may write into them.
  std::unique_ptr<char*[]> list_;
  std::vector<std::unique_ptr<char[]>> copies_;
};

}  // namespace leptir
