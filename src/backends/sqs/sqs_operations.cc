#include "backends/sqs/sqs_operations.h"

namespace leptir::sqs {

std::vector<std::optional<EntryError>> sendMessages(SqsClient& client, const std::string& queue,
                                                    std::span<const OutgoingMessage> messages, std::size_t mostBytes,
                                                    RetryPauses pauses) {
  std::vector<std::size_t> bytes;
  for (const auto& message : messages) bytes.push_back(message.bytes());
  const auto bodyFor = [&](std::span<const std::size_t> entries) {
    std::vector<const OutgoingMessage*> batch;
    for (const auto entry : entries) batch.push_back(&messages[entry]);
    return sendBatchBody(queue, batch);
  };
  return performBatches(
      client, {.name = "SendMessageBatch", .mostBytes = mostBytes, .pauses = pauses, .bodyFor = bodyFor}, bytes);
}

std::vector<std::optional<EntryError>> deleteMessages(SqsClient& client, std::span<const std::string> receipts) {
  const auto bodyFor = [&](std::span<const std::size_t> entries) {
    std::vector<std::string> batch;
    for (const auto entry : entries) batch.push_back(receipts[entry]);
    return deleteBatchBody(client.queue(), batch);
  };
  const std::vector<std::size_t> bytes(receipts.size(), 0);
  return performBatches(client, {.name = "DeleteMessageBatch", .repeat = aws::Repeat::Always, .bodyFor = bodyFor},
                        bytes);
}

std::vector<std::optional<EntryError>> changeVisibilities(SqsClient& client,
                                                          std::span<const VisibilityChange> changes) {
  const auto bodyFor = [&](std::span<const std::size_t> entries) {
    std::vector<VisibilityChange> batch;
    for (const auto entry : entries) batch.push_back(changes[entry]);
    return changeVisibilityBatchBody(client.queue(), batch);
  };
  const std::vector<std::size_t> bytes(changes.size(), 0);
  return performBatches(
      client, {.name = "ChangeMessageVisibilityBatch", .repeat = aws::Repeat::Always, .bodyFor = bodyFor}, bytes);
}

}  // namespace leptir::sqs
