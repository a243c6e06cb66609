#include "metrics/broker_meter.h"

#include "metrics/observe.h"

namespace leptir::metrics {

void BrokerMeter::noteRenewed() const {
  if (row_ == nullptr) return;
  set(row_->hasSession, 1);
  set(row_->renewedAt, now());
}

void BrokerMeter::noteSessionLost() const {
  if (row_ != nullptr) add(row_->sessionsLost);
}

void BrokerMeter::noteClosed() const {
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

void BrokerMeter::noteQueue(const leptir::TaskCounts& counts) const {
  if (row_ == nullptr) return;
  set(row_->queueDue, counts.due);
  set(row_->queueScheduled, counts.scheduled);
  set(row_->queueLeased, counts.leased);
  set(row_->queueBuried, counts.buried);
  set(row_->queueCountedAt, now());
}

void BrokerMeter::noteQueueUnknown() const {
  if (row_ != nullptr) set(row_->queueCountedAt, 0);
}

std::uint64_t BrokerMeter::now() const {
  return static_cast<std::uint64_t>(clock_->now().time_since_epoch().count());
}

}  // namespace leptir::metrics
