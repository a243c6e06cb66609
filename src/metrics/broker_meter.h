// Counts what one feeder does with its broker.
#pragma once

#include <cstddef>
#include <optional>

#include "leptir/clock.h"
#include "leptir/task_counts.h"
#include "metrics/metrics_table.h"
#include "metrics/store_meter.h"

namespace leptir::metrics {

// Used by the feeder's thread.
class BrokerMeter {
 public:
  // Counts nothing.
  BrokerMeter() = default;
  // Null: counts nothing. Both must outlive the object.
  BrokerMeter(BrokerRow* row, const Clock& clock)
      : row_(row), clock_(&clock), store_(row == nullptr ? nullptr : &row->store, clock) {}

  // Counts and times the feeder's calls to its store.
  const StoreMeter& store() const { return store_; }

  // The session was opened, resumed or renewed.
  void noteSessionRenewed() const;
  void noteSessionLost() const;
  // There is no session: nothing is known of the queue.
  void noteSessionClosed() const;
  // The number of tasks that one call leased; 0 is not counted.
  void noteLeased(std::size_t tasks) const;
  // The number of tasks that were settled together.
  void noteSettled(std::size_t tasks) const;
  // `oldestDue`: since when the oldest due task has been due; none: no task is due, or the store cannot tell.
  void noteQueueCounts(const leptir::TaskCounts& counts, std::optional<Time> oldestDue) const;
  // The store could not count the tasks.
  void noteQueueCountsUnknown() const;

 private:
  BrokerRow* row_ = nullptr;
  const Clock* clock_ = nullptr;
  StoreMeter store_;
};

}  // namespace leptir::metrics
