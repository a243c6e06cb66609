// Whether a task matches a TaskFilter, for stores that compare tasks in leptir.
#pragma once

#include <string_view>

#include "leptir/clock.h"
#include "leptir/spi/task_list.h"
#include "leptir/task_filter.h"

namespace leptir::broker {

// The fields of a task that a filter is compared with, as far as the store has them.
struct ComparedTask {
  std::string_view id{};
  TaskState state = TaskState::Due;
  Time due{};
  std::string_view envelope{};
  std::string_view reason{};
};

// A malformed envelope has no name: it matches no filter that asks for one.
bool matches(const ComparedTask& task, const TaskFilter& filter);
inline bool matches(const FoundTask& task, const TaskFilter& filter) {
  return matches(ComparedTask{task.id, task.state, task.due, task.envelope, task.reason}, filter);
}

// Whether the name in an envelope is `name`, where one leading backslash makes no difference.
bool hasName(std::string_view envelope, std::string_view name);

}  // namespace leptir::broker
