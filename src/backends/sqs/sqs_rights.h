// Tries whether the keys may do what pushes and dispatchers do, without changing a queue.
#pragma once

#include "backends/sqs/sqs_client.h"
#include "leptir/result.h"

namespace leptir::sqs {

// As SimpleBroker::checkRights. Each operation is asked for with arguments that the service refuses after it has
// checked the rights: batches without entries, and a receive of more messages than there may be.
Result<void> tryQueueRights(SqsClient& client);

}  // namespace leptir::sqs
