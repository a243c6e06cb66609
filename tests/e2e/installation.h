// For end-to-end tests: the installed program as a user sees it, with a temporary folder and commands that have output
// and an exit status.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "leptir/json.h"

namespace leptir::e2e {

namespace fs = std::filesystem;

struct CommandResult {
  int exit = -1;
  std::string out, err;
  Json json() const;                       // `out` as JSON; null and a test failure if it is not JSON
  std::vector<std::string> lines() const;  // `out` in lines
};

// Polls until the condition is true; returns false after `limit`, which is far above what any machine needs.
bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(60));

// A process of `leptir start`. The destructor kills it if it still runs.
class StartedInstance {
 public:
  StartedInstance(pid_t pid, fs::path output) : pid_(pid), output_(std::move(output)) {}
  ~StartedInstance();
  StartedInstance(const StartedInstance&) = delete;
  StartedInstance& operator=(const StartedInstance&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  int waitForExit();  // returns the exit status, or 128 + signal
  std::string output() const;

 private:
  pid_t pid_;
  fs::path output_;
  bool ended_ = false;
};

class Installation : public ::testing::Test {
 protected:
  Installation();
  ~Installation() override;

  // Writes a configuration file. Until a test calls it, defaultYaml() is used: one SQLite broker and one meta storage.
  fs::path writeConfig(const std::string& yaml, const std::string& name = "leptir.yaml");
  std::string defaultYaml(const std::string& more = "") const;

  // Runs a command to its end, with --config added (push NAME … → leptir push --config=… NAME …).
  CommandResult leptir(std::vector<std::string> arguments, const std::string& input = "");
  // Runs the program to its end with exactly these arguments.
  CommandResult run(std::vector<std::string> arguments, const std::string& input = "");
  std::unique_ptr<StartedInstance> start(std::vector<std::string> arguments = {});
  // Runs `start --drain` to its end; returns the exit status.
  int drain();

  std::string push(std::vector<std::string> arguments);  // returns the id; fails the test unless one id is printed
  Json info(const std::string& id);
  bool hasSucceeded(const std::string& id);  // whether its record says success
  Json status();
  pid_t dispatcherPid();
  std::vector<pid_t> workerPids();
  void waitUntilRunning();

  fs::path folder;
  fs::path config;
  std::string program;  // path of the program: leptir, unless a test sets another
};

}  // namespace leptir::e2e
