// Waits until a task may be due: by looking again and again, at first soon and then less often.
#pragma once

#include <optional>

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
    hasFailed_ = false;
  }

 private:
  MongodbResult<Duration> untilNextDue();

  MongodbQueue& queue_;
  MongodbAdoption& adoption_;
  MongodbLease& lease_;
  base::Backoff pause_;
  bool hasFailed_ = false;  // a task is due, but the last attempt has leased none: others were faster
};

}  // namespace leptir::mongodb
