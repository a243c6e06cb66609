// Waits until a task may be due: by looking again and again, at first soon and then less often, and where the
// deployment has change streams by being told.
#pragma once

#include <optional>

#include "backends/mongodb/mongodb_change_stream.h"
#include "backends/mongodb/mongodb_lease.h"
#include "base/backoff.h"
#include "leptir/clock.h"
#include "leptir/spi/wake.h"

namespace leptir::mongodb {

// One thread at a time.
class MongodbWaiting {
 public:
  enum class Ended { TaskMayBeDue, Woken, TimeIsOver };

  // `queue`, `adoption` and `lease` must outlive this object.
  MongodbWaiting(MongodbQueue& queue, MongodbAdoption& adoption, MongodbLease& lease);

  // At most until `end`. The caller has just found that no task is due.
  MongodbResult<Ended> wait(BootTime end, Wake& wake);
  // A task was leased: the next wait looks soon.
  void noteLeased() {
    pause_.reset();
    hasReportedDue_ = false;
  }

 private:
  enum class Paused { Woken, TimeIsOver };
  MongodbResult<Duration> untilNextDue();
  Paused pause(Duration longest, Wake& wake);

  MongodbQueue& queue_;
  MongodbAdoption& adoption_;
  MongodbLease& lease_;
  base::Backoff pause_;
  std::optional<MongodbChangeStream> changes_;  // from the first wait on, if the deployment has change streams
  bool hasReportedDue_ = false;                 // wait() has just returned TaskMayBeDue, and no task was leased
};

}  // namespace leptir::mongodb
