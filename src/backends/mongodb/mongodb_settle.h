// Settles the leases of one session: acknowledges, releases and buries (README.md, "Unknown outcomes").
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

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
      : queue_(queue), client_(*queue.client), session_(std::move(session)) {}

  // The session has leased these tasks: their acknowledgement needs no look at them first.
  void remember(std::span<const LeasedTask> leased);

  MongodbResult<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases);
  // `now`: the server's time.
  MongodbResult<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks, Time now);
  MongodbResult<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks, Time now);
  MongodbResult<void> leaseAgain(std::span<const LeaseId> released);
  // Gives back all tasks that the session still has leased, due as before, their counters unchanged.
  MongodbResult<void> releaseAll();

 private:
  // An update of one leased task. `whenRefused`: what is done instead if its document would be too large.
  struct Change {
    LeaseId lease{};
    TaskUpdate update{};
    std::optional<TaskUpdate> whenRefused{};
  };
  enum class Missing { NotOurs, Acknowledged };

  bool forget(std::span<const LeaseId> leases);
  MongodbResult<std::vector<LeaseId>> keepOurs(std::vector<LeaseId>& leases, Missing missing);
  void noteVanished(std::size_t tasks);
  MongodbResult<std::int64_t> remove(std::span<const LeaseId> leases);
  MongodbResult<std::vector<LeaseId>> apply(std::vector<Change> changes);
  static std::optional<MongodbError> reduceRefused(std::vector<Change>& changes, const WriteReply& reply);
  MongodbResult<WriteReply> send(std::span<const Change> changes, const std::string& token);
  MongodbResult<std::vector<LeaseId>> keepUnapplied(std::vector<Change>& changes, const std::string& token);
  TaskUpdate releaseOf(const TaskRelease& task, Time now);

  MongodbQueue& queue_;
  MongodbClient& client_;
  const std::string session_;
  std::unordered_set<std::string> known_;  // handles of tasks that this object leased and has not settled
  broker::TasksLeftToOthers<std::string> leftToOthers_;
};

}  // namespace leptir::mongodb
