// Turns what an application wants to push into the task that goes into a store.
#pragma once

#include <string>

#include "leptir/broker.h"
#include "leptir/spi/encoded_task.h"

namespace leptir::broker {

// The parameters as JSON text; "[]" if there are none. Invalid: they are no object or list, or JSON cannot represent
// them; the error names the task.
Result<std::string> writeParameters(const std::string& taskName, const nlohmann::ordered_json& parameters);

// Checks the options without a task. Invalid: no task can be pushed with them.
Result<void> checkOptions(const PushOptions& options, const Clock& clock);

// Checks and encodes the task, with a new id if it has none. Invalid: its options contradict each other; also the
// errors of writeParameters and EncodedTask::encode.
Result<EncodedTask> encodeTask(const TaskToPush& task, const Clock& clock);

}  // namespace leptir::broker
