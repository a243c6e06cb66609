// A test fixture that runs tasks with the Executor and reads their log lines.
#pragma once

#include "task/executor.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sstream>

namespace leptir::task {

using Lines = std::vector<std::string>;

class ExecutorTest : public ::testing::Test {
 protected:
  Outcome run(const std::string& name, std::string_view parameters = "{}") {
    TaskEnvironment environment;
    environment.id = "id1";
    environment.name = name;
    environment.attempt = 2;
    environment.fence = 77;
    Executor executor(tasks, logger, clock);
    return executor.run(std::move(environment), parameters);
  }
  template <class Function>
  Outcome runFunction(Function function) {
    tasks.add<Json>("function", function);
    return run("function");
  }
  // The log lines, without their times.
  Lines logged() const {
    std::istringstream file(readWholeFile(logFile));
    Lines lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line.substr(line.find(' ') + 1));
    return lines;
  }
  void SetUp() override { addTestTasks(tasks); }

  TempDir folder;
  std::string logFile = (folder / "log").string();
  Logger logger = Logger::open({{"test", LogSinkConfig::Type::File, logFile}}).value();
  ManualClock clock;
  TaskRegistry tasks;
};

}  // namespace leptir::task
