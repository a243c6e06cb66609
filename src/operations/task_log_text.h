// Lines of the log of a run as people see them: `leptir logs` and `leptir top` show the same.
#pragma once

#include <cstdint>
#include <string>

#include "leptir/operations/task_log.h"

namespace leptir::operations {

// "2026-11-23 18:00:00.123", in UTC.
std::string timeOfLine(const TaskLogLine& line);
// "warning  the disk is full"; control characters are escaped.
std::string levelAndTextOfLine(const TaskLogLine& line);
// The line that stands where lines were left out: "[40 lines are left out here]".
std::string gapText(std::uint64_t lines);
// A heading with the attempt, then a line for each line of the log, each with a line feed.
std::string taskLogText(const TaskLog& log);

}  // namespace leptir::operations
