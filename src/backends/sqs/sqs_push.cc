#include "backends/sqs/sqs_push.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "backends/sqs/sqs_operations.h"
#include "backends/sqs/task_message.h"
#include "base/escape.h"
#include "base/failpoint.h"
#include "base/id_list.h"

namespace leptir::sqs {

namespace {

// Of a batch whose answer was lost it is not known.
bool isCertainlyNotAdded(const EntryError& error) {
  return !error.code.empty() || error.error.code() != ErrorCode::Unavailable;
}

}  // namespace

std::size_t largestEnvelope(const QueueAttributes& queue) {
  const auto room = queue.maximumMessageSize - std::min(queue.maximumMessageSize, kBytesBesideEnvelope);
  return std::min(kMaxEnvelopeBytes, room);
}

Result<void> pushTasks(SqsClient& client, const QueueAttributes& queue, std::span<const EncodedTask> tasks) {
  const auto now = client.now();
  const auto most = largestEnvelope(queue);
  std::vector<OutgoingMessage> messages;
  messages.reserve(tasks.size());
  for (const auto& task : tasks) {
    messages.push_back(messageOf(task.envelope, task.timeOfExecution, now, queue.longestHop()));
    if (messages.back().body.size() <= most) continue;
    return Error(ErrorCode::TooLarge,
                 fmt::format("task {} has {} bytes, and {} takes {} at most", base::escaped(task.id),
                             messages.back().body.size(), client.settings().where(), most));
  }
  LEPTIR_FAILPOINT("sqs.push.before_send");
  const auto outcomes = sendMessages(client, client.queue(), messages, queue.maximumMessageSize, RetryPauses::OfPusher);
  LEPTIR_FAILPOINT("sqs.push.after_reply");
  std::optional<Error> first;
  std::vector<std::string> missing;
  bool isKnown = true;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (!outcomes[i]) continue;
    if (!first) first = outcomes[i]->error;
    isKnown = isKnown && isCertainlyNotAdded(*outcomes[i]);
    missing.push_back(tasks[i].id);
  }
  if (!first) return {};
  const auto* what = isKnown ? "these tasks were not added" : "these tasks were perhaps not added";
  return Error(first->code(), fmt::format("{}; {}: {}", first->message(), what, base::idList(missing)));
}

}  // namespace leptir::sqs
