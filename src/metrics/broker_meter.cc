#include "metrics/broker_meter.h"

#include <algorithm>

#include "metrics/observe.h"

namespace leptir::metrics {
namespace {

std::uint64_t microseconds(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

}  // namespace

void BrokerMeter::noteSessionRenewed() const {
  if (row_ == nullptr) return;
  set(row_->hasSession, 1);
  set(row_->renewedAt, microseconds(clock_->now()));
}

void BrokerMeter::noteSessionLost() const {
  if (row_ != nullptr) add(row_->sessionsLost);
}

void BrokerMeter::noteSessionClosed() const {
  if (row_ == nullptr) return;
  set(row_->hasSession, 0);
  set(row_->queueCountedAt, 0);
}

void BrokerMeter::noteLeased(std::size_t tasks) const {
  if (row_ != nullptr && tasks > 0) observe(row_->leased, tasks);
}

void BrokerMeter::noteSettled(std::size_t tasks) const {
  if (row_ != nullptr && tasks > 0) observe(row_->settled, tasks);
}

void BrokerMeter::noteQueueCounts(const leptir::TaskCounts& counts, std::optional<Time> oldestDue) const {
  if (row_ == nullptr) return;
  set(row_->queueDue, counts.due);
  set(row_->queueScheduled, counts.scheduled);
  set(row_->queueLeased, counts.leased);
  set(row_->queueBuried, counts.buried);
  set(row_->queueOldestDue, oldestDue ? microseconds(std::max(*oldestDue, Time())) : 0);
  set(row_->queueCountedAt, microseconds(clock_->now()));
}

void BrokerMeter::noteQueueCountsUnknown() const {
  if (row_ != nullptr) set(row_->queueCountedAt, 0);
}

}  // namespace leptir::metrics
