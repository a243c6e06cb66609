// What stores ask of a TaskFilter before they compare single tasks with it.
#pragma once

#include <string_view>

#include "leptir/task_filter.h"

namespace leptir::broker {

// The parts of a queue, in the order in which TaskKeeper::list lists them.
enum class QueuePart { Waiting, Leased, Buried };

// False: the filter excludes all tasks of this part.
inline bool mayMatch(const TaskFilter& filter, QueuePart part) {
  if (!filter.reasonContains.empty() && part != QueuePart::Buried) return false;
  if (!filter.state) return true;
  switch (*filter.state) {
    case TaskState::Leased:
      return part == QueuePart::Leased;
    case TaskState::Buried:
      return part == QueuePart::Buried;
    default:
      return part == QueuePart::Waiting;
  }
}

// One leading backslash of a name makes no difference.
inline std::string_view withoutBackslash(std::string_view name) {
  return name.starts_with('\\') ? name.substr(1) : name;
}

}  // namespace leptir::broker
