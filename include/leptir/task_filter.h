// TaskFilter: which tasks of a queue a caller asks for.
#pragma once

#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/list_order.h"
#include "leptir/task_state.h"

namespace leptir {

// Which tasks of a queue to list. An empty field matches every task.
struct TaskFilter {
  std::optional<TaskState> state{};
  std::string name{};               // the task name, whole
  std::string idPrefix{};           // what the id begins with
  std::optional<Time> dueFrom{};    // FoundTask::due is this time or later
  std::optional<Time> dueBefore{};  // FoundTask::due is earlier
  std::string reasonContains{};     // of buried tasks: a part of the reason; other tasks do not match
  ListOrder order = ListOrder::EarliestFirst;
};

}  // namespace leptir
