// Pushes tasks into a queue of Amazon SQS.
#pragma once

#include <span>

#include "backends/sqs/queue_attributes.h"
#include "backends/sqs/sqs_client.h"
#include "leptir/result.h"
#include "leptir/spi/encoded_task.h"

namespace leptir::sqs {

// The largest envelope that the queue takes: what leptir may add to it has room, too.
std::size_t largestEnvelope(const QueueAttributes& queue);

// As SimpleBroker::pushEncodedTasks.
Result<void> pushTasks(SqsClient& client, const QueueAttributes& queue, std::span<const EncodedTask> tasks);

}  // namespace leptir::sqs
