// What a queue says of itself (GetQueueAttributes).
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "backends/sqs/sqs_client.h"
#include "leptir/result.h"
#include "leptir/spi/store_finding.h"
#include "leptir/task_counts.h"

namespace leptir::sqs {

struct QueueAttributes {
  // Of a queue that these keys may not ask: the smallest limit that the service has had.
  std::size_t maximumMessageSize = 256 * 1024;
  std::chrono::seconds retention = std::chrono::hours(96);
  std::optional<std::uint32_t> maxReceiveCount{};  // of its RedrivePolicy

  // The longest delay of one message: a message must not expire while it is delayed.
  std::chrono::seconds longestHop() const;
};

// Invalid: the queue does not exist, is a FIFO queue, or the keys are wrong. Keys that may not ask get an error with
// isAccessDenied set.
struct AttributesError {
  Error error;
  bool isAccessDenied = false;
};
tl::expected<QueueAttributes, AttributesError> fetchQueueAttributes(SqsClient& client, const aws::QueueAddress& queue);

// Due, scheduled and leased tasks. All three are approximate.
Result<TaskCounts> fetchTaskCounts(SqsClient& client, const aws::QueueAddress& queue);

// Settings that lose tasks, or keep leptir from doing what it says; for BrokerTraits::warnings and `leptir doctor`.
std::vector<StoreFinding> findingsAbout(const QueueAttributes& queue, const std::string& where);

}  // namespace leptir::sqs
