// Reads the answers of receives.
#pragma once

#include <string_view>
#include <vector>

#include "backends/sqs/sqs_message.h"
#include "leptir/result.h"

namespace leptir::sqs {

// The messages in the text of an answer, as receivedMessages(): without a tree of JSON values in between, which took
// half of the time of a lease. Error: the text is no JSON object.
Result<std::vector<ReceivedMessage>> readReceivedMessages(std::string_view answer);

}  // namespace leptir::sqs
