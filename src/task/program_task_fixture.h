// A test fixture that runs programs as tasks in this process, as a worker runs them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "leptir/stop_source.h"
#include "task/executor.h"
#include "task/program_task.h"
#include "tests/support/temp_dir.h"

namespace leptir::task {

class ProgramTaskTest : public ::testing::Test {
 protected:
  Outcome run(ProgramSpec spec, const Json& parameters = Json::object()) {
    return runText(std::move(spec), writeJson(parameters));
  }
  Outcome runText(ProgramSpec spec, const std::string& parameters) {
    TaskRegistry tasks;
    addProgram(tasks, "prog", std::move(spec), "session/1", limits);
    TaskEnvironment environment;
    environment.id = "id/1";
    environment.name = "prog";
    environment.attempt = 2;
    environment.fence = fence;
    environment.timeLimit = std::chrono::seconds(30);
    environment.traceparent = traceparent;
    environment.stopToken = stop.token();
    environment.onProgress = [this](double fraction, std::string_view text) {
      progress.emplace_back(fraction, text);
      lastProgress = fraction;
    };
    environment.onProgramStart = [this] { ++programsNoted; };
    environment.onProvisionalOutcome = onProvisionalOutcome;
    return Executor(tasks, logger, systemClock()).run(std::move(environment), parameters);
  }
  Outcome runShell(const std::string& script, const Json& parameters = Json::object()) {
    return run({.command = {"/bin/sh", "-c", script}}, parameters);
  }

  StopSource stop;
  std::function<bool(const Outcome&)> onProvisionalOutcome;
  std::vector<std::pair<double, std::string>> progress;  // what the program reported
  std::atomic<double> lastProgress = 0;
  int programsNoted = 0;  // how often a run said that it only waits for a program
  std::uint64_t fence = 77;
  std::string traceparent{};
  ResourceLimits limits{};
  TempDir folder;
  std::string logFile = (folder / "log").string();
  Logger logger = Logger::open({{"test", LogSinkConfig::Type::File, logFile}}).value();
};

}  // namespace leptir::task
