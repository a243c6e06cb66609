// What Operations tells of the lines that a run of a task has logged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"

namespace leptir {

struct TaskLogLine {
  // Counts the lines of the run from 0, those that were left out included: a caller that follows a log shows the lines
  // with larger numbers than the last one it has shown.
  std::uint64_t number = 0;
  Time time{};
  LogLevel level = LogLevel::Info;
  std::string text{};  // UTF-8 without line feeds; may have other control characters
};

// The log of one run. A run keeps its first 16 KiB and its last 48 KiB.
struct TaskLog {
  std::string id{};
  int attempt = 0;         // of which run; 0: the task has not run yet
  bool isRunning = false;  // the run goes on, so its log may grow
  std::vector<TaskLogLine> lines{};
  std::uint64_t leftOutLines = 0, leftOutBytes = 0;  // in the middle: where the numbers of `lines` have a gap
  std::vector<int> attempts{};                       // all runs whose logs can be asked for, the oldest first
};

}  // namespace leptir
