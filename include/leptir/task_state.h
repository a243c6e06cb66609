// TaskState: where a task stands in its queue.
#pragma once

#include <string_view>

namespace leptir {

// The state of a task in its store.
enum class TaskState { Due, Scheduled, Leased, Buried };

// The word that commands print for the state: due, scheduled, leased or buried.
std::string_view nameOf(TaskState state);

}  // namespace leptir
