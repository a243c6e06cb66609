// Asks an instance through one of its stores, and waits for the answer.
#pragma once

#include <string>

#include "fleet/question.h"
#include "leptir/json.h"
#include "leptir/operations/fleet_view.h"
#include "operations/stores.h"

namespace leptir::operations {

// The JSON of the answer, or the error that the instance answers. Unsupported: the instance answers no questions, or no
// store of it keeps them. TimedOut: no answer came within `longestWait`.
Result<Json> askInstance(Stores& stores, const InstanceView& instance, fleet::Question::Kind kind,
                         const std::string& taskId, Duration longestWait);

}  // namespace leptir::operations
