// The attribute `leptir` of a message: what leptir must know of a task that the envelope does not say.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"

namespace leptir::sqs {

// Of a message that was sent with a delay. A delay is 15 minutes at most: a task that is due later travels in hops.
struct DelayInfo {
  Time due{};
  std::chrono::seconds rest{};  // between the end of this message's delay and the due time; zero: it is the last hop
};

// The attribute of a delayed message: {"due":1764500000123,"rest":2100}, in milliseconds and seconds.
MessageAttribute makeDelayAttribute(const DelayInfo& note);
// The attribute of a message in the queue of buried tasks: {"reason":"…","buried":1764500000123}. A reason with more
// than `mostBytes` is cut.
MessageAttribute makeBurialAttribute(std::string_view reason, Time now, std::size_t mostBytes);

// None: the message has no such attribute, or one that cannot be read.
std::optional<DelayInfo> readDelayInfo(const std::vector<MessageAttribute>& attributes);

// A message that takes the place of a leased one says the number of that lease, so that the next lease has a higher
// number, also where its instance has a clock that is behind: {"lease":1764500000123456}, beside a delay. Not where
// other programs have given the message as many attributes as it may have.
void setPreviousLease(OutgoingMessage& message, std::uint64_t lease);
// Zero: the message has taken the place of none.
std::uint64_t previousLeaseIn(const std::vector<MessageAttribute>& attributes);

// The attributes that other programs have given the message.
std::vector<MessageAttribute> attributesOfOthers(std::vector<MessageAttribute> attributes);

}  // namespace leptir::sqs
