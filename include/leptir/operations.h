// Operations: everything that an operator asks of the stores of a configuration and does in them, from any machine that
// reaches the stores. The commands of leptir are made of it; an application can embed it.
//
//   auto operations = Operations::open(*loadConfig("leptir.yaml"));
//   const auto buried = operations->tasks({.state = ListedState::Buried}, "", 20);
//   const auto report = operations->run({.kind = TaskAction::Kind::Revive}, {.selection = {.name = "sendMail"}});
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/broker.h"
#include "leptir/clock.h"
#include "leptir/config.h"
#include "leptir/list_order.h"
#include "leptir/meta_filter.h"
#include "leptir/meta_storage.h"
#include "leptir/operations/diagnosis.h"
#include "leptir/operations/fleet_view.h"
#include "leptir/operations/listed_task.h"
#include "leptir/operations/task_action.h"
#include "leptir/operations/task_log.h"
#include "leptir/operations/task_stack.h"
#include "leptir/result.h"

namespace leptir {

namespace operations {
struct Stores;
}

// user@host of this process, as records and the audit trail name an operator.
std::string nameOfOperator();

// An order to one instance.
struct InstanceOrder {
  enum class Kind {
    Stop,        // running tasks finish, and the instance ends
    StopNow,     // running tasks are ended and given back, and the instance ends
    Drain,       // it begins no task more, until it is stopped or resumed
    Resume,      // a drain ends, and orders to drain or to stop that it has not taken are withdrawn
    Reload,      // it reads its configuration again
    SetWorkers,  // it has `workers` workers until its next reload or start
  };
  Kind kind = Kind::Stop;
  int workers = 0;
};
// The largest number of workers that an order can ask for; the smallest is 1.
inline constexpr int kMaxWorkersPerOrder = 1'024;

// An order that stands in a store, until the instance takes it or an hour has passed.
struct PlacedOrder {
  std::string broker{}, key{};
  InstanceView instance{};
  Time at{};
  // Of Resume: the orders that were erased, since the instance had not taken them: drain, stop, stop-now.
  std::vector<std::string> withdrawn{};
};

// Questions change nothing. Each asks all stores, leaves out those that fail, and names them in `unable`; an Error is
// returned only where no store has answered, or the question itself is wrong (Invalid). A store that does not exist yet
// is empty.
//
// Actions are harmless when repeated, and when several operators do the same at once: each task is changed once, and
// the reports together count it once. Every action writes an entry into the audit trail of each store that it was for,
// also when it failed halfway.
//
// Invalid: an unknown broker (the message names the nearest one), an id that is no valid id, a cursor of another list.
// Unsupported: the store cannot do that, in one sentence. Unavailable: a store cannot be reached.
//
// Any thread may call any function; each store is used by one thread at a time.
class Operations {
 public:
  struct Options {
    std::string by = nameOfOperator();
    const Clock* clock = &systemClock();
    // Gets sentences about instances that are found dead, whose tasks go back into their queue (the thread that calls
    // an action calls it). Empty: they are not told.
    std::function<void(const std::string&)> onNotice{};
    // Told of each store that is being opened ("broker local"), and, with an empty text, when that is over: what a user
    // waits for. The thread that asks calls it. Only of stores that open() opens.
    std::function<void(const std::string& store)> onOpening{};
    // The instances that the caller finds on this machine without a store, with their pid and running tasks. Their logs
    // and stacks are read first, so that they can be read while no store answers. Empty: none.
    std::function<std::vector<InstanceView>()> instancesHere{};
  };

  // Each store is opened at the first call that needs it, and none is created, except that a cancelled task's record is
  // saved also where no record was saved before. A server that has let a call wait in vain (five seconds, where the
  // connection says nothing else) is not asked again for 20 seconds; its stores count as failed. Unsupported: as
  // openBroker.
  static Result<Operations> open(const Config& config, Options options);
  static Result<Operations> open(const Config& config);
  // For stores that the caller opens.
  Operations(Broker queues, MetaStorage records, Options options);
  ~Operations();
  Operations(Operations&&) noexcept;
  Operations& operator=(Operations&&) noexcept;

  // -- Questions --

  // One for each broker, in the order of their priorities.
  std::vector<QueueView> queues();

  // The tasks that match, at most `limit` (1 to 1,000), from the place that `cursor` of an earlier page names (empty:
  // the beginning): first those in the queues, broker after broker, in the order of TaskKeeper::list, then those that
  // are over, the newest first. A buried task is listed twice where the selection has no state: with its queue, and
  // with its record.
  //
  // One call compares at most about kMaxTasksExamined tasks with the selection, so it may return fewer than `limit`
  // tasks, or none, together with a cursor: ask for the next page.
  //
  // `order`: nullopt is the order above. Otherwise tasks in queues are ordered by due time, buried tasks by burial,
  // records by the time of saving. Unsupported: a store cannot list in that order.
  Result<TaskPage> tasks(const TaskSelection& selection, std::string_view cursor, std::size_t limit,
                         std::optional<ListOrder> order = {});

  // The records that match, whatever became of their tasks, the newest first, from the first storage that lists them.
  // MetaFilter::cause may also be a word as in TaskSelection::cause; then a page may have fewer records than `limit`,
  // or none, together with a cursor. Limit and cursor are as for tasks(). NotFound: no storage exists yet. Unsupported:
  // no storage can list records.
  Result<RecordPage> records(const MetaFilter& filter, std::string_view cursor, std::size_t limit);

  // Everything about the task with this whole id. NotFound: it is in no queue and has no record.
  Result<TaskDetails> task(std::string_view id);

  // The whole id of the only task that has an id beginning with this. With `action`, tasks to which the action does not
  // apply count only where no other task fits. Invalid: several tasks have; the message lists up to five. NotFound: no
  // task has.
  Result<std::string> findByPrefix(std::string_view idPrefix, std::optional<TaskAction::Kind> action = {});

  // The lines that the task with this whole id logged in its run number `attempt` (0: the run that goes on, else the
  // last one), and a program's stderr. The log of a run that goes on is read from the memory of its instance on this
  // machine, or asked of the instance through its store, which takes up to a few seconds. NotFound: no such task, or no
  // log of this attempt. Unsupported: the instance cannot be asked, or its version keeps no logs. TimedOut: it did not
  // answer.
  Result<TaskLog> log(std::string_view id, int attempt = 0);

  // Where the running task with this whole id is: the stacks of all threads of its process, which stand still for about
  // a millisecond. Errors as of log(). Invalid: the task does not run. Unavailable: the kernel lets neither this
  // process nor the instance look into the process.
  Result<TaskStack> stack(std::string_view id);

  // The instances of the whole fleet.
  Result<FleetView> instances();

  // What is paused now. An error: no store has answered.
  Result<PausesView> pauses();

  // The names that instances know, and those of the newest `mostRecords` records, with what the records tell.
  Result<NamesView> names(std::uint64_t mostRecords = 10'000);

  // The newest actions, at most `limit`, of the last 90 days; each store keeps the newest 10,000.
  Result<AuditView> auditTrail(std::size_t limit);

  // Looks at the stores, at the fleet, and (of a configuration, open()) at this machine for what loses tasks or keeps
  // them from running. A store that does not answer is a finding. The call reads a bounded number of tasks and records;
  // it takes a second or two, and up to the connect timeouts of the stores that are down.
  Diagnosis diagnose();

  // -- Actions on tasks --

  // What run() would do now. It stops counting at `mostCounted` tasks.
  Result<ActionPreview> preview(const TaskAction& action, const TaskTargets& targets,
                                std::uint64_t mostCounted = 10'000'000);

  // Does the action to every target that it applies to, in slices of at most kMaxTasksPerSlice tasks.
  //
  // A store that fails in the middle ends the action in that store; the report has the error, and how far it came. The
  // same call again goes on. Where the tasks that were changed still match (Reschedule and Again), the store keeps the
  // place for an hour, and the call goes on from there (ActionReport::continues); Again on a selection
  // leaves cancelled tasks alone (unless it asks for the cause `cancelled`), buried ones (revive them), and those that
  // were pushed again before, also by a process that was killed then; it is refused (Lost) while another process does
  // the same.
  Result<ActionReport> run(const TaskAction& action, const TaskTargets& targets, const OnActionProgress& progress = {});

  // -- Actions on queues and instances --

  // No instance of the fleet begins tasks any more, of these brokers (empty: all) and of this name (empty: all names),
  // until resume(); running tasks go on. Instances obey within a second where their store has FleetStore::version(),
  // also those that start later. Pausing what is paused changes nothing. The report counts brokers; a broker whose
  // store cannot keep a pause is in its errors.
  Result<ActionReport> pause(const std::string& broker, const std::string& name);
  // Ends that pause. A pause of a whole queue and one of a name end separately. NotFound: nothing was paused so.
  Result<ActionReport> resume(const std::string& broker, const std::string& name);
  // Ends all pauses, those of queues and those of names; the report counts them. NotFound: nothing is paused.
  Result<ActionReport> resumeAll();

  // The instance of which the 32 digits begin with `which`, or whose host is `which`, or whose host:pid is. Invalid:
  // several are; the message lists up to five. NotFound: no instance is.
  Result<InstanceView> findInstance(std::string_view which);
  // Places the order in a store of the instance. Invalid: a number of workers out of range. Unsupported: no store of
  // the instance keeps orders, or the instance has no card (it is too old to obey, or it hangs; Resume is placed all
  // the same).
  Result<PlacedOrder> order(const InstanceView& instance, const InstanceOrder& order);
  // Whether the instance has taken the order. NotFound: it has expired; no instance took it within an hour.
  Result<bool> isTaken(const PlacedOrder& order);

 private:
  std::unique_ptr<operations::Stores> stores_;
};

}  // namespace leptir
