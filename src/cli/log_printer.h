// Prints the log of a run: for people, or as JSON.
#pragma once

#include <cstdint>

#include "leptir/json.h"
#include "leptir/operations/task_log.h"

namespace leptir::cli {

// The whole log as one object; docs/guide/commands.md lists the members.
Json logJson(const TaskLog& log);

enum class TaskLogFormat { Text, JsonLines };

// Prints a log that grows: each call prints the lines that earlier calls have not printed.
class LogPrinter {
 public:
  explicit LogPrinter(TaskLogFormat format);

  void print(const TaskLog& log);
  bool hasPrinted() const { return next_ > 0; }

 private:
  void printGap(std::uint64_t lines) const;
  void printLine(const TaskLogLine& line) const;

  const TaskLogFormat format_;
  const bool hasColours_;
  std::uint64_t next_ = 0;  // the number of the next line
};

}  // namespace leptir::cli
