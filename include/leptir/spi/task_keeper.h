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

namespace leptir {

// The state of a task in its store.
enum class TaskState { Due, Scheduled, Leased, Buried };

// The word that the command `info` prints for the state: due, scheduled, leased or buried.
std::string_view nameOf(TaskState state);

// A task in its store, as TaskKeeper finds it.
struct FoundTask {
  std::string id{};
  TaskState state = TaskState::Due;
  Time due{};  // the time from which it can be leased; if leased or buried: the time from which it last could
  Counters counters{};
  std::string envelope{};
  std::string reason{};  // of a buried task: why it was buried
};

// The effect of TaskKeeper::cancel.
enum class CancelResult {
  Removed,    // the task was waiting or buried, and has been removed
  Requested,  // the task is leased; its session gets the request at the next renewal, and a release keeps the request
};

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
  // The open sessions of all instances, ordered by their ids. Unsupported: the store cannot list them.
  virtual Result<std::vector<ListedSession>> listSessions(Page) {
    return Error(ErrorCode::Unsupported, "this store cannot list its sessions");
  }
};

}  // namespace leptir
