// TaskKeeper: finds and changes single tasks of a queue by their ids. Each backend implements it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/page.h"
#include "leptir/result.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/task_list.h"
#include "leptir/task_filter.h"

namespace leptir {

// The effect of TaskKeeper::cancel.
enum class CancelResult {
  Removed,    // the task was waiting or buried, and has been removed
  Requested,  // the task is leased; its session gets the request at the next renewal, and a release keeps the request
};

// removeMany, reschedule and revive change so many tasks in one step, which takes a store less than 50 ms: other
// processes lease and push between two steps.
inline constexpr std::size_t kMaxTasksPerChange = 1'000;

// A session that is open at a store, for operators.
struct ListedSession {
  SessionId session{};
  SessionInfo info{};                   // empty if the store has none, or if it cannot be read
  std::optional<Duration> expiresIn{};  // zero: it has expired; none: it lasts as long as its processes
  std::uint64_t leasedTasks = 0;
};

// Finds, cancels, removes and revives single tasks by their ids, for commands and dashboards; dispatchers do not need
// it. Only the thread that uses its broker may use it. NotFound: no task in the queue has that id. Unsupported: the
// store cannot find tasks by id.
class TaskKeeper {
 public:
  virtual ~TaskKeeper() = default;

  virtual Result<FoundTask> find(std::string_view id) = 0;
  // Removes a task that is not leased. Lost: a session has leased it; use cancel() instead.
  virtual Result<void> remove(std::string_view id) = 0;
  // Removes a task that is not leased; for a leased task, stores a cancel request with `by`, which is user@host. An
  // empty `by` is stored as another text, since LeasedTask::cancelledBy is empty without a request.
  virtual Result<CancelResult> cancel(std::string_view id, std::string_view by) = 0;
  // The buried tasks, in the order in which they were buried. A malformed envelope has an id made at its burial.
  virtual Result<std::vector<FoundTask>> listBuried(Page page) = 0;
  // Puts buried tasks back into the queue, due at once and with all counters zero. Returns how many of `ids` were
  // buried.
  virtual Result<std::size_t> revive(std::span<const std::string> ids) = 0;
  // Lists the tasks that match, at most `limit` (1 to 1,000), beginning behind `cursor`, which an earlier call with the
  // same filter has returned (empty: from the beginning). First come the waiting tasks, due ones before scheduled ones,
  // earliest first; then the leased ones, in any order; then the buried ones, in the order in which they were buried.
  // With ListOrder::LatestFirst the waiting tasks come from the latest to the earliest, and the buried ones from the
  // last burial to the first (Unsupported without BrokerTraits::listsLatestFirst). A task that keeps its state and its
  // due time while a caller lists page after page is listed exactly once. The call compares at most kMaxTasksExamined
  // tasks with the filter, and returns no further task once the envelopes of the page have more than kMaxPageBytes:
  // it may return fewer tasks than `limit`, or none, together with a cursor. A store with an index for the filter
  // compares only what the index gives. Invalid: no call of this store has returned such a cursor. Unsupported: the
  // store cannot list its tasks.
  virtual Result<TaskList> list(const TaskFilter&, std::string_view /*cursor*/, std::size_t /*limit*/) {
    return Error(ErrorCode::Unsupported, "this store cannot list its tasks");
  }
  // The due time of the task that would be leased first; none: no task waits. Unsupported: the store cannot tell.
  virtual Result<std::optional<Time>> earliestDue() {
    return Error(ErrorCode::Unsupported, "this store cannot tell the due times of its tasks");
  }
  // Removes those of `ids` that are not leased, waiting or buried, and returns how many it removed. At most
  // kMaxTasksPerChange ids.
  virtual Result<std::size_t> removeMany(std::span<const std::string> ids);
  // Changes the due time of those of `ids` that wait (no `due`: at once, by the store's clock), and returns how many
  // waited. They keep their counters. At most kMaxTasksPerChange ids. Unsupported: the store cannot change due times.
  virtual Result<std::size_t> reschedule(std::span<const std::string> /*ids*/, std::optional<Time> /*due*/) {
    return Error(ErrorCode::Unsupported, "this store cannot change the due times of its tasks");
  }
  // The open sessions of all instances, ordered by their ids. Unsupported: the store cannot list them.
  virtual Result<std::vector<ListedSession>> listSessions(Page) {
    return Error(ErrorCode::Unsupported, "this store cannot list its sessions");
  }
};

}  // namespace leptir
