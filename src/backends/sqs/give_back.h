// How leased tasks go back into the queue, and into that of buried tasks: a message cannot be changed, so each is sent
// anew and the leased one is deleted. If this process dies in between, the task is in the queue twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/sqs/session_state.h"
#include "leptir/result.h"

namespace leptir::sqs {

// A leased message that is replaced by another one.
struct Replacement {
  HeldLease* lease = nullptr;
  OutgoingMessage message{};
};

// Sends each message to `queue`, and deletes the leased one. Returns the leases that were over when it was to be
// deleted. A message that is too large is not sent: its lease ends after the message's delay (SqsLeases::giveBack).
// After an error some may be replaced; these leases are gone, so repeating the call with the others is right.
Result<std::vector<LeaseId>> replaceMessages(SessionState& state, const std::string& queue,
                                             std::vector<Replacement> replacements);

}  // namespace leptir::sqs
