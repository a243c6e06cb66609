#include "backends/sqs/task_message.h"

#include <algorithm>

#include "backends/sqs/message_note.h"
#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"
#include "task/envelope.h"
#include "task/envelope_counters.h"

namespace leptir::sqs {
namespace {

using std::chrono::seconds;

// Until `due`, rounded up, so that no task is early.
seconds secondsUntil(std::optional<Time> due, Time now) {
  if (!due || *due <= now) return seconds(0);
  return std::chrono::ceil<seconds>(base::saturatedSubtract(due->time_since_epoch(), now.time_since_epoch()));
}

// How long a received message still has to wait, by its note or its envelope.
seconds remainingDelay(const ReceivedMessage& message, Time now) {
  if (const auto note = readDelayInfo(message.attributes)) return std::min(note->rest, secondsUntil(note->due, now));
  const auto head = task::decodeEnvelope(message.body);
  return head ? secondsUntil(head->timeOfExecution, now) : seconds(0);
}

bool canStoreCounters(const std::string& body, const Counters& counters) {
  return task::countersIn(task::withCounters(body, counters)) == counters;
}

}  // namespace

OutgoingMessage messageOf(std::string_view envelope, std::optional<Time> due, Time now, seconds longestHop,
                          std::vector<MessageAttribute> others) {
  OutgoingMessage message{.body = escapeInvalid(envelope), .attributes = std::move(others)};
  const auto wait = secondsUntil(due, now);
  if (wait == seconds(0)) return message;
  message.delay = std::min(wait, longestHop);
  message.attributes.push_back(makeDelayAttribute({.due = *due, .rest = wait - message.delay}));
  return message;
}

MessageDecision decide(const ReceivedMessage& message, Time now) {
  MessageDecision decision{.counters = task::countersIn(message.body), .due = now};
  if (const auto rest = remainingDelay(message, now); rest > seconds(0)) {
    decision.action = MessageDecision::Action::SendOn;
    decision.due = now + rest;
    return decision;
  }
  if (message.receives <= 1) return decision;
  auto& expiries = decision.counters.expiries;
  expiries = base::saturatedAdd(expiries, message.receives - 1);
  const auto delay = delayAfterExpiry(expiries);
  if (delay == Duration::zero() || !canStoreCounters(message.body, decision.counters)) return decision;
  decision.action = MessageDecision::Action::SendOn;
  decision.due = now + delay;
  return decision;
}

std::string escapeInvalid(std::string_view envelope) {
  constexpr std::string_view kFffe = "\xef\xbf\xbe", kFfff = "\xef\xbf\xbf";
  std::string text;
  for (auto at = envelope.find("\xef\xbf"); at != std::string_view::npos; at = envelope.find("\xef\xbf")) {
    const auto character = envelope.substr(at, 3);
    text.append(envelope.substr(0, at));
    text.append(character == kFffe ? "\\ufffe" : character == kFfff ? "\\uffff" : character);
    envelope.remove_prefix(std::min(envelope.size(), at + 3));
  }
  return text.append(envelope);
}

}  // namespace leptir::sqs
