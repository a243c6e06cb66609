// Turns what an application wants to push into the task that goes into a store.
#pragma once

#include <string>

#include "leptir/broker.h"
#include "leptir/spi/encoded_task.h"

namespace leptir::broker {

// The parameters of a task without any, as PHP writes an empty map.
inline constexpr const char* kEmptyMap = "[]";

// The parameters as JSON text, or kEmptyMap. Invalid: they are no object or list, or JSON cannot represent them.
Result<std::string> parametersAsJsonText(const TaskToPush& task);

// Checks and encodes the task, with a new id if it has none. Invalid: its options contradict each other; also the
// errors of parametersAsJsonText and EncodedTask::encode.
Result<EncodedTask> encodeTask(const TaskToPush& task, const Clock& clock);

}  // namespace leptir::broker
