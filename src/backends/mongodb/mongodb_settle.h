// Settles the leases of one session: acknowledges, releases and buries (README.md, "Unknown outcomes").
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backends/mongodb/lease_changes.h"
#include "backends/mongodb/mongodb_acknowledge.h"
#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/task_update.h"
#include "broker/tasks_left_to_others.h"
#include "leptir/spi/broker_session.h"

namespace leptir::mongodb {

// One thread at a time. The functions return the leases that were not this session's any more.
class MongodbSettle {
 public:
  // `queue` must outlive this object. `session`: sessionName().
  MongodbSettle(MongodbQueue& queue, std::string session)
      : queue_(queue), client_(*queue.client), session_(std::move(session)), acknowledge_(queue, session_) {}

  // The session has leased these tasks: their acknowledgement needs no look at them first.
  void remember(std::span<const LeasedTask> leased) { acknowledge_.remember(leased); }

  MongodbResult<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) {
    return acknowledge_.acknowledge(leases);
  }
  // `now`: the server's time.
  MongodbResult<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks, Time now);
  MongodbResult<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks, Time now);
  MongodbResult<void> leaseAgain(std::span<const LeaseId> released);
  // Gives back all tasks that the session still has leased, due as before, their counters unchanged.
  MongodbResult<void> releaseAll();

 private:
  MongodbResult<std::vector<LeaseId>> apply(std::vector<LeaseChange> changes);
  TaskUpdate releaseOf(const TaskRelease& task, Time now);

  MongodbQueue& queue_;
  MongodbClient& client_;
  const std::string session_;
  MongodbAcknowledge acknowledge_;
  broker::TasksLeftToOthers<std::string> leftToOthers_;
};

}  // namespace leptir::mongodb
