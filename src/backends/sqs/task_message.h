// Tasks as messages: what is sent for a task, and what a received message means.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"
#include "leptir/spi/broker_task.h"

namespace leptir::sqs {

// The bytes of a message that the counters and the attribute of leptir may need beside the envelope as it was pushed.
inline constexpr std::size_t kBytesBesideEnvelope = 256;

// A message that can be leased from `due` on; none, or a time in the past: at once. `longestHop`: the longest delay of
// one message. `others`: the attributes that other programs gave the message.
OutgoingMessage messageOf(std::string_view envelope, std::optional<Time> due, Time now,
                          std::chrono::seconds longestHop = kMaxDelay, std::vector<MessageAttribute> others = {});

// What is done with a received message.
struct MessageDecision {
  // Lease: the task is due. SendOn: it is not, and goes back into the queue until `due`, with these counters.
  enum class Action { Lease, SendOn };
  Action action = Action::Lease;
  Counters counters{};
  Time due{};
};

// A message waits for the rest of its delay (DelayInfo), or, without one, for the `toex` of its envelope: PHP
// leptir sends messages with shorter delays. Of a task that is due, each receive beyond the first is a lease that ended
// by itself: it counts an expiry, and from the second on the task waits for delayAfterExpiry.
MessageDecision decide(const ReceivedMessage& message, Time now);

// The body with these characters as JSON escapes that no message may have: U+FFFE and U+FFFF, which XML 1.0 excludes.
// In an envelope they stand in JSON strings, where the escapes mean the same.
std::string escapeInvalid(std::string_view envelope);

}  // namespace leptir::sqs
