// The operations of Amazon SQS on many messages. Each function answers for each message, in their order; no error: it
// is done.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/sqs/sqs_batches.h"
#include "backends/sqs/sqs_message.h"

namespace leptir::sqs {

// `mostBytes`: the queue's MaximumMessageSize, which a batch has at most. A send whose answer was lost is not repeated,
// since the messages would be in the queue twice: the error then says that it is unknown.
std::vector<std::optional<EntryError>> sendMessages(SqsClient& client, const std::string& queue,
                                                    std::span<const OutgoingMessage> messages, std::size_t mostBytes,
                                                    RetryPauses pauses = RetryPauses::None);
std::vector<std::optional<EntryError>> deleteMessages(SqsClient& client, std::span<const std::string> receipts);
std::vector<std::optional<EntryError>> changeVisibilities(SqsClient& client, std::span<const VisibilityChange> changes);

}  // namespace leptir::sqs
