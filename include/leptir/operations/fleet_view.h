// What Operations tells of queues, instances, task names and the audit trail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/operations/listed_task.h"
#include "leptir/result.h"
#include "leptir/task_counts.h"

namespace leptir {

// No instance begins tasks of the queue, or of one task name, until the pause ends.
struct PausedTasks {
  std::string name{};  // of the tasks; empty: the whole queue
  std::string by{};    // user@host
  Time since{};
};

// What operators have paused.
struct PausesView {
  struct AtBroker {
    std::string broker{};
    PausedTasks paused{};
  };
  std::vector<AtBroker> pauses{};  // in the order of the brokers
  std::vector<Error> unable{};     // of stores that could not be asked
};

// The queue of one broker.
struct QueueView {
  std::string name{};  // of the broker
  std::string type{};
  std::int64_t priority = 0;
  Result<TaskCounts> counts = TaskCounts();  // an error: nothing below is known
  std::optional<Duration> oldestDue{};       // for how long the oldest due task has been due; none: no task is due
  std::vector<PausedTasks> pauses{};
  std::size_t instances = 0;  // that have a session or a card at this store
  // How many tasks ended per second in the last minute, according to the cards of the instances; the failed ones are
  // among the done ones. None: no instance has told.
  std::optional<double> donePerSecond{}, failedPerSecond{};
  // When the due tasks are done if they go on ending at that rate and no task is pushed; none: no task is due, none
  // ends, the queue is paused, or tasks are among the oldest that cannot run: of a paused name, or of one that no
  // instance knows.
  std::optional<Duration> emptyIn{};
  std::vector<std::string> cannot{};  // what this store cannot tell, a sentence each

  bool isPaused() const;  // the whole queue, not only single names
};

// How many tasks of one of its brokers an instance runs.
struct RunningAtBroker {
  std::string broker{};  // as the configuration of the instance names it
  std::size_t tasks = 0;
  // False: that store has not answered; the count is of the instance's card in another broker's store, which names
  // at most 50 of the tasks.
  bool isFromOwnStore = true;
};

// An instance of the fleet, on any machine.
struct InstanceView {
  std::string instance{};  // 32 hex digits
  std::vector<std::string> brokers{};
  std::string host{};  // empty: unknown
  int pid = 0;         // of the master; 0: unknown
  std::string version{};
  int workers = 0;                      // as configured, or as an order last set it; some may be starting
  std::uint64_t leased = 0;             // tasks that its sessions have leased
  std::optional<Duration> expiresIn{};  // of its session that expires first; none: they last as long as its processes

  // What the instance itself last said. Without a card (an older version of leptir, a store that keeps no cards, an
  // instance that has died or hangs) only the fields above are known, from its sessions.
  bool hasCard = false;
  std::string pidNamespace{};   // where `pid` means this process: machine, boot and namespace; empty: unknown
  std::string configuration{};  // absolute path of its configuration file; empty: none
  std::string state{};          // starting, running, waiting or stopping; a drained instance waits
  Time since{};
  Time lastSeen{};                     // when it wrote its card
  Time renewed{};                      // when it last renewed a session
  std::uint64_t done = 0, failed = 0;  // tasks settled since it started; those of them that did not succeed
  std::size_t runningTasks = 0;        // all, also those that `running` leaves out
  std::vector<RunningTask> running{};
  std::vector<RunningAtBroker> runningAt{};  // sums up to runningTasks
  std::vector<std::string> names{};          // of the tasks that it knows
  bool paused = false;                       // it obeys a pause of a whole queue
  bool drained = false;                      // an order drained it: it begins no task until it is resumed
  // How often it was asked to read its configuration again, how far it came, and whether it refused the last one; none:
  // a version that does not say.
  struct Reloads {
    std::uint64_t requested = 0, answered = 0;
    bool refused = false;
  };
  std::optional<Reloads> reloads{};
  bool answersQuestions = false;  // its log() and stack() can be asked for from any machine

  // For people: `state`, or of a drained instance "draining" while tasks run, then "drained".
  std::string shownState() const;
};

struct FleetView {
  std::vector<InstanceView> instances{};  // by host, then by pid
  std::vector<Error> unable{};            // of stores that could not be asked
};

// How the tasks of one name went.
struct NameStatistics {
  std::string name{};
  std::size_t instances = 0;  // that know the name
  bool isPaused = false;      // at one broker at least
  // From the records that were read, of runs that have ended.
  std::uint64_t runs = 0;
  std::uint64_t failed = 0;           // neither success nor warning, and not cancelled
  std::uint64_t cancelled = 0;        // also tasks that were cancelled before they ran
  Duration median{}, p95{}, worst{};  // of the run times
  std::optional<Time> lastEnded{};
};

struct NamesView {
  std::vector<NameStatistics> names{};  // by name
  std::uint64_t records = 0;            // that were read
  std::optional<Time> oldest{};         // the end of the oldest run that was read
  bool readsAll = false;                // false: older records were not read
  bool readsSuccesses = true;           // false: the storage does not list successes, so runs are failures only
  std::vector<Error> unable{};
};

// What an operator did.
struct AuditedAction {
  std::string broker{};  // in whose store the entry stands
  Time at{};
  std::string by{};      // user@host
  std::string action{};  // cancel, revive, delete, run-now, reschedule, again, pause, resume, stop, drain, …
  std::string on{};      // ids, a selection, a task name or an instance
  std::uint64_t changed = 0;
  std::string outcome{};  // empty: done; else why not, or how far it came
};

struct AuditView {
  std::vector<AuditedAction> actions{};  // the newest first
  std::vector<Error> unable{};
};

}  // namespace leptir
