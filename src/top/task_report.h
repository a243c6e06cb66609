// The log and the stack of a task as lines of text.
#pragma once

#include <string>

#include "leptir/operations/task_log.h"
#include "leptir/operations/task_stack.h"

namespace leptir::top {

// Lines with time, level and text; a line says where lines were left out.
std::string logText(const TaskLog& log);
// A line for each thread, and one for each of its calls, the innermost first.
std::string stackText(const TaskStack& stack);

}  // namespace leptir::top
