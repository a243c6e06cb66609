// The events that the core handles. Feeders and meta writers put theirs into the inbox; the slot table and the
// dispatcher's main loop make the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dispatcher/settle_batch.h"
#include "leptir/clock.h"
#include "leptir/outcome.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/simple_broker.h"
#include "leptir/task_counts.h"
#include "link/slot.h"

namespace leptir::dispatcher {

namespace event {
struct BrokerOpened {  // its feeder opened or resumed a session and can lease tasks
  std::uint32_t broker;
  std::uint64_t epoch;
  bool listsHeld = true;          // the store can list the held tasks: HeldTasksListed follows
  bool leasesAgain = true;        // BrokerTraits::leasesAgain
  Duration longestTimeLimit{};    // of a task, by longestTimeLimit() in store_needs.h; zero: any
  bool keepsBuried = true;        // BrokerTraits::keepsBuried
  bool isPaidPerRequest = false;  // by the request: its feeder gathers settlements
};
struct BrokerClosed {  // its session is lost, or its store cannot be reached
  std::uint32_t broker;
};
struct Leased {
  std::uint32_t broker;
  std::uint64_t epoch;
  std::vector<LeasedTask> tasks;
  bool nothingMoreDue;  // the store returned fewer tasks than the feeder asked for
};
struct HeldTasksListed {  // all tasks that the store says this session holds
  std::uint32_t broker;
  std::uint64_t epoch;
  std::vector<LeasedTask> tasks;
  bool isWhole = true;  // false: it lacks the leases of earlier dispatchers (BrokerTraits::keepsSessions)
};
struct BuriedByStore {  // bytes that are no task, and that no session could lease
  std::uint32_t broker;
  std::vector<StoreBurial> burials;
};
struct LeasesLost {  // single leases that the store no longer assigns to this session
  std::uint32_t broker;
  std::vector<LeaseId> leases;
};
struct CancelRequested {  // users asked to cancel these tasks; repeated until the tasks leave the queue
  std::uint32_t broker;
  std::vector<CancelRequest> requests;
};
struct PausesChanged {  // what operators have paused at this broker: all of it, and each time that it changes
  std::uint32_t broker;
  bool isQueuePaused;              // nothing of this broker may begin
  std::vector<std::string> names;  // of tasks that may not begin
};
struct TasksCounted {
  std::uint32_t broker;
  TaskCounts counts;
};
struct CellFound {  // at the start: a cell that an earlier dispatcher left in use, in the order of assignment
  CellRef cell;
  link::Assignment assignment;
  bool begun;
};
struct CellDone {
  CellRef cell;
  Result<Outcome> outcome;    // an error: the bytes that the worker wrote cannot be decoded
  std::string_view envelope;  // valid until the cell is freed
  int pid = 0;                // of the worker; 0: not known
};
struct CellDied {
  CellRef cell;
  link::Verdict verdict;
  std::string_view envelope;
  std::optional<Outcome> taskOutcome;  // of a run that the master ended: what the task itself had reported
};
struct CellUnsettlable {  // the task has ended, and `deaths` dispatchers crashed while they settled it
  CellRef cell;
  std::uint32_t deaths;
  std::string_view envelope;
  int pid = 0;  // of the worker; 0: not known
};
struct CellRunning {  // the periodic check of the slots saw this cell executing
  CellRef cell;
  BootTime started;
  int pid = 0;  // of the worker; 0: not known
};
struct AssignmentsTakenBack {  // assigned tasks that had not begun are out of their cells again, latest first
  int slot;
  std::vector<std::pair<std::size_t, std::string>> envelopes;
};
struct WorkerReadiness {
  int slot;
  bool ready;
};
struct RecordsSaved {  // a required meta storage has saved the records of this batch
  std::uint64_t batch;
};
struct BatchSettled {  // the broker has settled the leases of this batch
  std::uint64_t batch;
  bool isLost = false;  // not settled: the session of the batch is over, so other sessions lease its tasks again
};
struct StoreUnavailable {  // this batch waits for its broker or a required storage, which is unavailable now
  std::uint64_t batch;
};
struct Tick {};  // the periodic check of the slots: at least every 100 ms
struct MasterLiveness {
  bool works;  // false: the master's beat is too old; time limits are not enforced, so nothing is assigned
};
struct DrainChanged {  // an order says that no task of any broker begins; false: that it is over
  bool drained;
};
struct Stop {};  // lease nothing more, let running tasks end, release the others, then finish
}  // namespace event

using Event =
    std::variant<event::BrokerOpened, event::BrokerClosed, event::Leased, event::HeldTasksListed, event::BuriedByStore,
                 event::LeasesLost, event::CancelRequested, event::PausesChanged, event::TasksCounted, event::CellFound,
                 event::CellDone, event::CellDied, event::CellUnsettlable, event::CellRunning,
                 event::AssignmentsTakenBack, event::WorkerReadiness, event::RecordsSaved, event::BatchSettled,
                 event::StoreUnavailable, event::Tick, event::MasterLiveness, event::DrainChanged, event::Stop>;

}  // namespace leptir::dispatcher
