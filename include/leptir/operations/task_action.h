// What Operations can do to tasks, and what it reports of that.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/operations/listed_task.h"
#include "leptir/result.h"

namespace leptir {

// What to do to tasks.
struct TaskAction {
  enum class Kind {
    Cancel,  // waiting tasks leave the queue, with a record; a running task is asked to end; buried ones are removed
    Revive,  // buried tasks go back into their queue, due at once, with all counters zero
    Remove,  // tasks that are not leased leave their queue; records stay as they are
    RunNow,  // scheduled tasks become due at once
    Reschedule,  // waiting tasks become due at `due`
    Again,       // tasks with a record and an envelope are pushed again, as new tasks with counters of zero; of a
                 // selection, each run only once
  };
  Kind kind = Kind::Cancel;
  Time due{};  // of Reschedule
  // Of Again: the text of a JSON object, whose members replace parameters of the envelope or are added to them. Empty:
  // the parameters stay as they are.
  std::string parameterChanges{};
};

// cancel, revive, delete, run-now, reschedule or again.
std::string_view nameOf(TaskAction::Kind kind);
// Whether the action changes tasks in this state; it leaves all others alone.
bool appliesTo(TaskAction::Kind kind, ListedState state);

// Which tasks: those with these ids, or, without ids, all that the selection matches.
struct TaskTargets {
  std::vector<std::string> ids{};
  TaskSelection selection{};
};

// A task with a given id that an action leaves alone.
struct LeftAlone {
  std::string id{};
  std::string why{};  // "it is in no queue", "it is leased", …
};

// Tasks that match the selection of Again, and are not pushed.
struct AgainLeftOut {
  std::uint64_t cancelled = 0;     // an operator cancelled them, and the selection does not ask for that cause
  std::uint64_t buried = 0;        // they were buried after their last run: Revive is for those that still are
  std::uint64_t pushedBefore = 0;  // the same run was pushed again by an earlier action
};

// A task with a given id that was pushed again before, which Again does once more.
struct PushedBefore {
  std::string id{};
  std::string as{};  // the id of the task that it was pushed as
};

// What an action would do now.
struct ActionPreview {
  std::uint64_t count = 0;
  bool isExact = true;                       // false: there may be more than `count`
  std::vector<ListedTask> first{};           // at most ten of them
  std::vector<LeftAlone> leftAlone{};        // of the given ids
  AgainLeftOut leftOut{};                    // of a selection of Again
  std::vector<PushedBefore> pushedBefore{};  // of the given ids of Again
  std::vector<Error> unable{};               // of stores that could not be asked
};

// How far an action has come.
struct ActionProgress {
  std::string broker{};        // the broker whose tasks it changes now
  std::uint64_t changed = 0;   // tasks so far
  std::uint64_t examined = 0;  // tasks that were compared with the selection
};

// Called after each slice, and while ids are looked for; false ends the action there.
using OnActionProgress = std::function<bool(const ActionProgress&)>;

// What an action did.
struct ActionReport {
  std::uint64_t changed = 0;    // tasks that it cancelled, revived, removed, moved or pushed
  std::uint64_t requested = 0;  // of Cancel: running tasks that were asked to end; also counted in `changed`
  // Of Cancel: records of tasks that an earlier cancel, which was cut off, had taken out of the queue.
  std::uint64_t earlierCancelRecords = 0;
  std::vector<LeftAlone> leftAlone{};        // of the given ids, and of Again others: at most kMaxIdsReported
  std::vector<std::string> pushed{};         // of Again: the new ids, all of them
  AgainLeftOut leftOut{};                    // of a selection of Again
  std::vector<PushedBefore> pushedBefore{};  // of the given ids of Again
  std::vector<ListedTask> first{};           // of the given ids: at most ten that it changed, as they stood before
  bool stopped = false;                      // OnActionProgress ended it: only `changed` tasks were changed
  std::optional<Time> continues{};           // when the earlier action began that this one went on with
  std::vector<Error> errors{};               // of stores that failed; each says how far the action came there

  bool isComplete() const { return !stopped && errors.empty(); }
};

// An action on a selection changes at most so many tasks before it calls OnActionProgress. The stores serve other
// processes between two slices.
inline constexpr std::size_t kMaxTasksPerSlice = 1'000;
inline constexpr std::size_t kMaxIdsReported = 1'000;

}  // namespace leptir
