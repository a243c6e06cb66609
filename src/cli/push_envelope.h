// A whole envelope as a line of `push --stdin`.
#pragma once

#include <string_view>

#include "leptir/broker.h"
#include "leptir/result.h"

namespace leptir {

// Of a JSON object. The counters are left out, so that the task begins anew; `defaults` hold where the envelope says
// nothing. Invalid: what could not be carried: unknown keys, keys that stand twice, values that consumers would drop.
// Corrupt: it is no envelope.
Result<TaskToPush> parsePushEnvelope(std::string_view envelope, const PushOptions& defaults);

// Invalid: the key is in its object a second time, so that one of its values would be lost.
Error standsTwice(std::string_view key);

}  // namespace leptir
