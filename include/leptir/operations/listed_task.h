// Which tasks an operator asks for, and what Operations tells of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/meta_info.h"

namespace leptir {

// Where a task stands: the four states of a queue, and the three of a record whose task is over.
enum class ListedState {
  Due,
  Scheduled,
  Leased,
  Buried,
  Done,       // it ended with a success or a warning
  Failed,     // it ended otherwise; a task that was buried is among them, also while it is in its queue
  Cancelled,  // an operator cancelled it, while it waited or while it ran
};

// due, scheduled, leased, buried, done, failed or cancelled.
std::string_view nameOf(ListedState state);
std::optional<ListedState> listedStateOf(std::string_view word);
std::vector<std::string_view> listedStateWords();
// Whether tasks in this state are listed from a queue, not from records.
constexpr bool isInQueue(ListedState state) {
  return state < ListedState::Done;
}

// Which tasks to list or to change. An empty field matches every task.
struct TaskSelection {
  std::optional<ListedState> state{};
  std::string broker{};          // the name of a broker: only tasks in its queue
  std::string name{};            // the task name, whole
  std::string idPrefix{};        // what the id begins with
  std::string reasonContains{};  // a part of the reason; only buried tasks have one
  // `cause` of the record, or how a run that ended by itself went: success, warning, error or unknown. Only tasks that
  // are over match.
  std::string cause{};
  std::optional<Time> since{};  // the due time is this or later; of a task that is over: its record was saved then
  std::optional<Time> until{};  // the due time, or the time at which the record was saved, is earlier
};

// The selection in words, for messages and the audit trail: "state buried, name sendMail"; "every task" if it is empty.
std::string textOf(const TaskSelection& selection);

struct ListedTask {
  std::string id{};
  std::string name{};  // empty: the envelope or the record has none
  ListedState state = ListedState::Due;
  std::string broker{};  // in whose queue it is; empty: it is over
  // From when on it can be leased (of a leased or buried task: could be leased last); of a task that is over: when its
  // last run ended.
  Time time{};
  Counters counters{};            // of a task in a queue
  int attempts = 0;               // runs so far
  std::string reason{};           // of a buried task: why; of a task that is over: the first line of its response
  std::optional<Time> pushed{};   // when it was pushed, if that is known
  std::optional<Time> expires{};  // when it expires, if it does
  std::string envelope{};         // empty: the task succeeded, or another program wrote the record
  Json record{};                  // of a task that is over; null for a task in a queue
};

// A part of a long list.
struct TaskPage {
  std::vector<ListedTask> tasks{};
  std::string cursor{};         // printable ASCII without blanks: where the next page begins; empty: there is no more
  std::uint64_t examined = 0;   // tasks and records that were compared with the selection
  std::vector<Error> unable{};  // of stores that could not be asked, each in one sentence that names the store
};

// A part of the list of records.
struct RecordPage {
  std::vector<Json> records{};  // docs/wire-format.md describes the fields
  std::string cursor{};         // as in TaskPage
  bool listsSuccesses = true;   // false: this storage does not list records of successful tasks
};

// A task that an instance runs now, as the instance itself last said.
struct RunningTask {
  std::string id{};
  std::string name{};
  Time began{};
  double progress = 0;  // 0 to 1
  std::string progressText{};
  int attempt = 1;
  int pid = 0;           // of the worker; 0: the version of the instance does not tell it
  std::string broker{};  // whose task it is, as the configuration of the instance names it; empty: unknown
};

// Everything that is known of one task.
struct TaskDetails {
  std::string id{};
  std::optional<ListedTask> queued{};    // its place in a queue; none: it is in no queue
  Json record{};                         // of its last run; null: none
  std::vector<PastAttempt> attempts{};   // all attempts that the record tells of, the oldest first
  std::optional<RunningTask> running{};  // its run, if an instance of the fleet has told of it
  std::string instance{};                // the instance that runs it; empty: none is known
  std::vector<Error> unable{};           // as in TaskPage
};

}  // namespace leptir
