// ProgramSpec: how to run a task whose code is a program in any language, as configured under `tasks: NAME: command:`.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace leptir {

struct ProgramSpec {
  // The program and its arguments; no shell is involved. `{name}` anywhere in an argument is replaced by the parameter
  // of that name: a string by its text, any other value by its JSON text. `{{` and `}}` stand for braces.
  std::vector<std::string> command{};
  std::map<std::string, std::string> environment{};  // added to PATH, HOME, LANG and LEPTIR_…
  std::string directory{};                           // working directory; empty: the instance's
  std::vector<int> warningExitCodes{};               // exit codes that mean a warning; 0 is success, any other an error
  bool ownSession = false;                           // run it in a new session (setsid): child processes may survive it
};

}  // namespace leptir
