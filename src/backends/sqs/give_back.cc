#include "backends/sqs/give_back.h"

#include <chrono>
#include <utility>

#include "backends/sqs/sqs_operations.h"

namespace leptir::sqs {
namespace {

bool fits(const OutgoingMessage& message, const QueueAttributes& queue) {
  return message.bytes() <= queue.maximumMessageSize && message.attributes.size() <= kMostAttributes;
}

void append(std::vector<LeaseId>& to, std::vector<LeaseId> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Marks the leases whose messages were sent. Returns the first error.
std::optional<Error> send(SessionState& state, const std::string& queue, std::vector<Replacement>& replacements) {
  std::vector<OutgoingMessage> messages;
  std::vector<HeldLease*> leases;
  for (auto& [lease, message] : replacements) {
    if (lease->isSentAnew || !fits(message, state.queue)) continue;
    messages.push_back(std::move(message));
    leases.push_back(lease);
  }
  const auto outcomes = sendMessages(state.client, queue, messages, state.queue.maximumMessageSize);
  std::optional<Error> failed;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    if (outcomes[i]) {
      failed = outcomes[i]->error;
    } else {
      leases[i]->isSentAnew = true;
    }
  }
  return failed;
}

}  // namespace

Result<std::vector<LeaseId>> replaceMessages(SessionState& state, const std::string& queue,
                                             std::vector<Replacement> replacements) {
  std::vector<HeldLease*> tooLarge, sent;
  std::vector<std::chrono::seconds> delays;
  for (const auto& [lease, message] : replacements) {
    if (lease->isSentAnew || fits(message, state.queue)) continue;
    tooLarge.push_back(lease);
    delays.push_back(message.delay);
  }
  const auto failed = send(state, queue, replacements);
  for (const auto& replacement : replacements) {
    if (replacement.lease->isSentAnew) sent.push_back(replacement.lease);
  }
  auto over = state.leases.remove(sent);
  if (!over) return over;
  auto overToo = state.leases.giveBack(tooLarge, delays);
  if (!overToo) return overToo;
  if (failed) return *failed;
  append(*over, std::move(*overToo));
  return over;
}

}  // namespace leptir::sqs
