// leptir as somebody who has installed it sees it: the program, a folder of its own, commands with exit status and
// output.
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

struct Answer {
  int exit = -1;
  std::string out, err;
  Json json() const;                       // of `out`; a test failure and null when it is none
  std::vector<std::string> lines() const;  // of `out`
};

// Waits, with a limit far above what any machine needs, and fails the test when it passes.
bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit = std::chrono::seconds(60));

// A `leptir start` that runs beside the test, in the foreground unless its arguments say otherwise. Killed at the end
// if it still runs.
class Running {
 public:
  Running(pid_t pid, fs::path output) : pid_(pid), output_(std::move(output)) {}
  ~Running();
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  int waitForExit();  // its exit status; 128 + signal when it was killed
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

  // One SQLite broker and storage unless a test writes another.
  fs::path writeConfig(const std::string& yaml, const std::string& name = "leptir.yaml");
  std::string defaultYaml(const std::string& more = "") const;

  // Runs a command to its end with --config put in (push NAME … → leptir push --config=… NAME …).
  Answer leptir(std::vector<std::string> arguments, const std::string& input = "");
  // Exactly as given.
  Answer run(std::vector<std::string> arguments, const std::string& input = "");
  std::unique_ptr<Running> start(std::vector<std::string> arguments = {});
  // start --drain to its end; its exit status.
  int drain();

  std::string push(std::vector<std::string> arguments);  // the only id
  Json info(const std::string& id);
  bool hasSucceeded(const std::string& id);  // by its record
  Json status();
  pid_t dispatcherPid();
  std::vector<pid_t> workerPids();
  void waitUntilItFlies();

  fs::path folder;
  fs::path config;
  std::string program;  // leptir, unless a test has one of its own
};

}  // namespace leptir::e2e
