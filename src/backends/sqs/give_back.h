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
// deleted. After an error some may be replaced; these leases are gone, so repeating the call with the others is right.
//
// A leased message goes back as it is after the new message's delay (SqsLeases::giveBack) if the new one is too large
// or the service refuses it, or if a release would lose attributes of other programs (HeldLease::others).
Result<std::vector<LeaseId>> replaceMessages(SessionState& state, const std::string& queue,
                                             std::vector<Replacement> replacements);

}  // namespace leptir::sqs
