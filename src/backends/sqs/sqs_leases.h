// SqsLeases: takes, renews and ends the leases of a session.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/sqs/lease_table.h"
#include "backends/sqs/sqs_batches.h"
#include "backends/sqs/sqs_client.h"
#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {

// The service's limit, counted from the receive.
inline constexpr Duration kMaxLease = std::chrono::hours(12);

// Once a lease may have ended, nothing is done with its message: an old handle may still work, on a message that
// another session has received meanwhile. How long a lease is ours is measured by the boot clock, from the moment at
// which the request that began or prolonged it was sent.
class SqsLeases {
 public:
  // `client` must outlive it.
  SqsLeases(SqsClient& client, const SessionId& session, const Clock& clock);

  // How long a lease lasts from now on until it is renewed.
  void setDuration(Duration lease) { duration_ = lease; }
  Duration duration() const { return duration_; }
  // The same as the visibility timeout of a request, which SQS takes in whole seconds: rounded up.
  std::chrono::seconds visibility() const { return std::chrono::ceil<std::chrono::seconds>(duration_); }

  // A message of a receive that was sent at `sent`. Null: it brought nothing new, since the session has the message
  // already (its receipt is noted), its lease may be over, or its receipt is too long.
  HeldLease* take(ReceivedMessage message, const Counters& counters, BootTime sent);

  // Prolongs all leases and those of `held` that an earlier process took; returns those that are lost.
  Result<std::vector<LeaseId>> renew(std::span<const LeaseId> held);

  struct SeparatedLeases {
    std::vector<HeldLease*> ours{};  // in the order of the leases asked for; null: not ours
    std::vector<LeaseId> notOurs{};
  };
  // A lease of an earlier process is prolonged first: that tells whether it is still ours.
  Result<SeparatedLeases> separateOurs(std::span<const LeaseId> leases);

  // Deletes the messages, and forgets their leases. Returns those that were over.
  Result<std::vector<LeaseId>> remove(const std::vector<HeldLease*>& leases);
  struct GiveBackRequest {
    HeldLease* lease = nullptr;
    std::chrono::seconds delay{};
  };
  // Makes each message visible after its delay; the lease is forgotten. This looks like an expiry later.
  Result<std::vector<LeaseId>> giveBack(std::span<const GiveBackRequest> messages);

  // Forgets a lease whose task no caller knows; it ends by itself.
  void drop(const HeldLease& lease) { table_.remove(LeaseId(lease.id)); }

  // The leases that have not ended.
  std::vector<HeldLease*> all();

 private:
  bool isOver(const HeldLease& lease) const;
  bool canBeProlonged(const HeldLease& lease) const;
  HeldLease leaseOf(const LeaseId& lease, LeaseHandle handle) const;
  Result<std::vector<LeaseId>> prolong(const std::vector<HeldLease*>& leases);
  Result<std::vector<LeaseId>> forgetFinished(const std::vector<HeldLease*>& leases,
                                              const std::vector<std::optional<EntryError>>& outcomes);

  SqsClient& client_;
  const Clock& clock_;
  LeaseTable table_;
  Duration duration_ = std::chrono::seconds(60);
};

}  // namespace leptir::sqs
