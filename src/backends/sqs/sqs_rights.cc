#include "backends/sqs/sqs_rights.h"

#include <chrono>
#include <string>
#include <vector>

#include "backends/sqs/sqs_errors.h"
#include "backends/sqs/sqs_message.h"

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

constexpr seconds kTooLongVisibility{43'201};

// An answer that says anything but "no right", "no such queue", "wrong keys" or "later" says that the keys may do it.
Result<void> tryOne(SqsClient& client, const char* operation, std::string body) {
  const auto answer = client.answerTo({.operation = operation, .body = std::move(body), .repeat = aws::Repeat::Always});
  if (!answer) return answer.error();
  if (answer->errorCode.empty()) return {};
  const auto error = errorOf(*answer, client.settings().where() + ": " + operation);
  const bool isRefused = isAccessDenied(answer->errorCode) || isMissingQueue(answer->errorCode) ||
                         isWrongKey(answer->errorCode) || error.code() == ErrorCode::Unavailable;
  return isRefused ? Result<void>(error) : Result<void>();
}

}  // namespace

Result<void> tryQueueRights(SqsClient& client) {
  const auto& queue = client.queue();
  if (auto may = tryOne(client, "SendMessageBatch", sendBatchBody(queue, {})); !may) return may;
  if (auto may = tryOne(client, "ReceiveMessage", receiveBody(queue, kMaxEntries + 1, seconds(0), kTooLongVisibility));
      !may)
    return may;
  if (auto may = tryOne(client, "ChangeMessageVisibilityBatch", changeVisibilityBatchBody(queue, {})); !may) return may;
  if (auto may = tryOne(client, "DeleteMessageBatch", deleteBatchBody(queue, {})); !may) return may;
  const auto& buried = client.settings().buried;
  return buried ? tryOne(client, "SendMessageBatch", sendBatchBody(buried->url, {})) : Result<void>();
}

}  // namespace leptir::sqs
