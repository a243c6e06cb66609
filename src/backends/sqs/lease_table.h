// The leases that a session has, and until when each is certainly ours.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "backends/sqs/lease_handle.h"
#include "backends/sqs/sqs_message.h"
#include "leptir/clock.h"
#include "leptir/spi/broker_session.h"

namespace leptir::sqs {

struct HeldLease {
  LeaseId id{};
  std::string messageId{};  // empty: an earlier process of the instance took the lease
  std::string receipt{};    // the newest one of the message
  std::string body{};       // with `messageId` empty: unknown
  Counters counters{};
  // The attributes of other programs. None: unknown, as they had no room in the handle of an earlier process.
  std::optional<std::vector<MessageAttribute>> others{std::in_place};
  BootTime received{};  // a message can be prolonged to 12 hours from here
  BootTime ends{};
  std::uint64_t previous = 0;  // the number of the lease whose place the message has taken; zero: of none
  bool isSentAnew = false;     // another message has replaced it: only its deletion is missing

  // `others`; unknown ones are none.
  std::vector<MessageAttribute> knownOthers() const { return others ? *others : std::vector<MessageAttribute>(); }
};

// Only a table: SqsLeases decides which leases are added, and whether a found lease is over.
class LeaseTable {
 public:
  // `now`: lease numbers begin here, in microseconds.
  LeaseTable(const SessionId& session, Time now);

  // Adds a lease that was received at `now`, with the next number, which is not below `now` in microseconds and above
  // HeldLease::previous. The reference is valid until the lease is removed.
  HeldLease& add(HeldLease lease, Time now);
  // Adds a lease that an earlier process of the instance took.
  HeldLease& adopt(HeldLease lease);
  HeldLease* find(const LeaseId& lease);
  HeldLease* findMessage(const std::string& messageId);
  void remove(const LeaseId& lease);
  std::vector<HeldLease*> all();

  // The lease is not in the table, but an earlier process of the instance may have taken it in this session: what its
  // handle says. This process knows of all leases that it took itself.
  std::optional<LeaseHandle> readIfOurs(const LeaseId& lease) const;

 private:
  const std::string session_;
  const std::uint64_t first_;
  std::uint64_t last_;
  std::map<std::uint64_t, HeldLease> leases_;               // by number
  std::unordered_map<std::string, std::uint64_t> numbers_;  // by messageId
};

}  // namespace leptir::sqs
