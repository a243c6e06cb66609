#include "backends/sqs/give_back.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backends/sqs/message_note.h"
#include "backends/sqs/sqs_errors.h"
#include "backends/sqs/sqs_operations.h"
#include "base/failpoint.h"

namespace leptir::sqs {
namespace {

// Before a task comes again that the service has refused, or that cannot be buried.
constexpr std::chrono::seconds kRefusedMessageDelay{60};

bool isRelease(const SessionState& state, const std::string& queue) {
  return queue == state.client.queue();
}

bool canBeSent(const Replacement& replacement, const SessionState& state, const std::string& queue) {
  const auto& [lease, message] = replacement;
  if (isRelease(state, queue) && !lease->others) return false;
  return message.bytes() <= state.queue.maximumMessageSize && message.attributes.size() <= kMaxAttributes;
}

void append(std::vector<LeaseId>& to, std::vector<LeaseId> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// What became of the messages of a call.
struct SendOutcome {
  std::vector<HeldLease*> leases{};                      // their messages are in the queue
  std::vector<SqsLeases::GiveBackRequest> toGiveBack{};  // were not sent and never will be: given back as they are
  std::optional<Error> failed{};                         // the first error of the others
};

// Marks the leases whose messages were sent.
void send(SessionState& state, const std::string& queue, std::vector<Replacement> toSend, SendOutcome& sent) {
  std::vector<OutgoingMessage> messages;
  for (auto& [lease, message] : toSend) messages.push_back(std::move(message));
  const auto outcomes = sendMessages(state.client, queue, messages, state.queue.maximumMessageSize);
  for (std::size_t i = 0; i < toSend.size(); ++i) {
    auto* lease = toSend[i].lease;
    if (!outcomes[i]) {
      lease->isSentAnew = true;
      sent.leases.push_back(lease);
    } else if (outcomes[i]->isSendersFault && isMessageRefused(outcomes[i]->code)) {
      sent.toGiveBack.push_back({lease, std::max(messages[i].delay, kRefusedMessageDelay)});
    } else if (!sent.failed) {
      sent.failed = outcomes[i]->error;
    }
  }
}

SendOutcome sendAll(SessionState& state, const std::string& queue, std::vector<Replacement> replacements) {
  SendOutcome sent;
  std::vector<Replacement> toSend;
  for (auto& replacement : replacements) {
    if (isRelease(state, queue)) setPreviousLease(replacement.message, replacement.lease->id.number);
    if (replacement.lease->isSentAnew) {
      sent.leases.push_back(replacement.lease);
    } else if (canBeSent(replacement, state, queue)) {
      toSend.push_back(std::move(replacement));
    } else {
      const auto pause = isRelease(state, queue) ? std::chrono::seconds(0) : kRefusedMessageDelay;
      sent.toGiveBack.push_back({replacement.lease, std::max(replacement.message.delay, pause)});
    }
  }
  if (!toSend.empty()) LEPTIR_FAILPOINT("sqs.release.before_send");
  send(state, queue, std::move(toSend), sent);
  return sent;
}

}  // namespace

Result<std::vector<LeaseId>> replaceMessages(SessionState& state, const std::string& queue,
                                             std::vector<Replacement> replacements) {
  const auto sent = sendAll(state, queue, std::move(replacements));
  if (!sent.leases.empty()) LEPTIR_FAILPOINT("sqs.release.after_send");
  auto over = state.leases.remove(sent.leases);
  if (!over) return over;
  auto overToo = state.leases.giveBack(sent.toGiveBack);
  if (!overToo) return overToo;
  if (sent.failed) return *sent.failed;
  append(*over, std::move(*overToo));
  return over;
}

}  // namespace leptir::sqs
