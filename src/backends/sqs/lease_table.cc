#include "backends/sqs/lease_table.h"

#include <algorithm>
#include <utility>

namespace leptir::sqs {
namespace {

// Between the clocks of two instances. A number that is farther ahead is none that an instance has given.
constexpr Duration kMaxClockSkew = std::chrono::hours(1);

std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count()));
}

}  // namespace

LeaseTable::LeaseTable(const SessionId& session, Time now)
    : session_(shortSessionName(session)), first_(microseconds(now)), last_(first_) {}

HeldLease& LeaseTable::add(HeldLease lease, Time now) {
  const auto previous = lease.previous <= microseconds(now + kMaxClockSkew) ? lease.previous : 0;
  last_ = std::max({last_ + 1, microseconds(now), previous + 1});
  lease.id = {
      .number = last_,
      .handle = writeHandle({.session = session_, .received = now, .receipt = lease.receipt, .others = lease.others})};
  if (!lease.messageId.empty()) numbers_[lease.messageId] = last_;
  return leases_[last_] = std::move(lease);
}

HeldLease& LeaseTable::adopt(HeldLease lease) {
  const auto number = lease.id.number;
  return leases_[number] = std::move(lease);
}

HeldLease* LeaseTable::find(const LeaseId& lease) {
  const auto found = leases_.find(lease.number);
  return found != leases_.end() && found->second.id == lease ? &found->second : nullptr;
}

HeldLease* LeaseTable::findMessage(const std::string& messageId) {
  const auto number = numbers_.find(messageId);
  if (number == numbers_.end()) return nullptr;
  const auto found = leases_.find(number->second);
  return found == leases_.end() ? nullptr : &found->second;
}

void LeaseTable::remove(const LeaseId& lease) {
  const auto found = leases_.find(lease.number);
  if (found == leases_.end()) return;
  numbers_.erase(found->second.messageId);
  leases_.erase(found);
}

std::vector<HeldLease*> LeaseTable::all() {
  std::vector<HeldLease*> all;
  for (auto& [number, lease] : leases_) all.push_back(&lease);
  return all;
}

std::optional<LeaseHandle> LeaseTable::readIfOurs(const LeaseId& lease) const {
  if (lease.number > first_ || leases_.contains(lease.number)) return {};
  auto handle = readHandle(lease.handle);
  if (!handle || handle->session != session_) return {};
  return handle;
}

}  // namespace leptir::sqs
