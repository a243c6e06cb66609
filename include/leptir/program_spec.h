// A task whose code is a program in any language: what the configuration says under `tasks: NAME:` with `command`.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace leptir {

struct ProgramSpec {
  // argv, never a shell. `{name}` anywhere in an argument stands for that parameter: text as it is, other values as
  // the JSON that was pushed; `{{` and `}}` for braces.
  std::vector<std::string> command{};
  std::map<std::string, std::string> environment{};  // beside PATH, HOME, LANG and the LEPTIR_ variables
  std::string directory{};                           // working directory; empty: that of the instance
  std::vector<int> warningExitCodes{};  // exit codes that are a warning; 0 is success, the others are errors
  bool ownSession = false;              // what it leaves behind is not to end with the process group of its worker
};

}  // namespace leptir
