// Fixture of the tests that wait for tasks: a program with tasks that return results (waiting_program.cc).
#pragma once

#include <algorithm>
#include <fstream>
#include <string>

#include "tests/e2e/installation.h"

namespace leptir::e2e {

class WaitingInstallation : public Installation {
 protected:
  WaitingInstallation();

  // What the application of waiting_program.cc prints.
  CommandResult application(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--wait", config.string()});
    return run(std::move(arguments));
  }
  // Runs a shell script, or a command with --config added, in the background; its output has stdout and stderr.
  std::unique_ptr<StartedInstance> startScript(const std::string& script);
  std::unique_ptr<StartedInstance> startCommand(std::vector<std::string> arguments);
  // The parameter of the task until_file: it runs until openGate().
  std::string untilGate() const { return "file=" + gate(); }
  std::string gate() const { return folder / "gate"; }
  void openGate() const { std::ofstream file(gate()); }
  // Whether a worker runs the task with this id.
  bool isRunning(const std::string& id) {
    const auto now = status();
    return std::ranges::any_of(now.at("workers"), [&](const Json& worker) {
      return worker.at("task").is_object() && worker.at("task").at("id") == id;
    });
  }

 private:
  std::unique_ptr<StartedInstance> startProgram(std::vector<std::string> words);
  int started_ = 0;
};

}  // namespace leptir::e2e
