// The stacks of a running task as people see them: `leptir stack` and `leptir top` show the same.
#pragma once

#include <string>
#include <vector>

#include "leptir/operations/task_stack.h"

namespace leptir::operations {

struct StackTextLine {
  std::string text{};       // without a line feed; control characters are escaped
  bool isUserCode = false;  // a call in code of the task
};

// A heading, a line for each thread, and one for each of its calls, the innermost first.
std::vector<StackTextLine> stackTextLines(const TaskStack& stack);

}  // namespace leptir::operations
