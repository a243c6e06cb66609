#include "settlement/lease_operations.h"

#include <utility>

#include "base/saturated.h"

namespace leptir::settlement {

namespace {

// No command and no waiting process finds a record that has neither an id nor a name: that of bytes that are no task.
bool canBeFound(const MetaInfo& record) {
  return !record.id.empty() || !record.type.empty();
}

}  // namespace

void LeaseOperations::add(const HeldTask& task, Settlement& settlement, std::string_view envelope, Time now) {
  if (settlement.record && canBeFound(*settlement.record)) records.push_back(std::move(*settlement.record));
  const auto addRelease = [&]() -> TaskRelease& {
    release.push_back({.lease = task.lease, .counters = settlement.counters, .envelope = envelope});
    return release.back();
  };
  switch (settlement.kind) {
    case Settlement::Kind::Acknowledge:
      acknowledge.push_back(task.lease);
      break;
    case Settlement::Kind::Release:
      if (auto& released = addRelease(); settlement.position == Settlement::Position::Last)
        released.due = base::saturatedAdd(now, settlement.delay);
      break;
    case Settlement::Kind::GiveBack:
      addRelease();
      break;
    case Settlement::Kind::LeaveToOthers:
      addRelease().leftToOthersUntil = now + settlement.delay;
      break;
    case Settlement::Kind::Bury:
      bury.push_back({.lease = task.lease,
                      .counters = settlement.counters,
                      .reason = std::move(settlement.reason),
                      .envelope = envelope});
      break;
    case Settlement::Kind::Drop:
      break;
  }
}

}  // namespace leptir::settlement
