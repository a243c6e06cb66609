// What the core wants done after a step.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/settle_batch.h"
#include "leptir/logger.h"
#include "link/slot.h"
#include "metrics/counted.h"
#include "report/error_report.h"
#include "tracing/traced_run.h"

namespace leptir::dispatcher {

// How to close the sessions at all brokers.
enum class SessionClose {
  ReleaseLeases,  // the leases that remain are released
  LeaveToExpire,  // a store stayed down: try once, and leave the leases there until the session expires
};

// The dispatcher performs the actions in the order of the members.
struct Actions {
  struct LogLine {
    LogLevel level;
    std::string text;
    // The task that the line is about; an empty id: the line is not about a task.
    std::string id{}, name{};
    int attempt = 0;
  };
  struct Assign {
    CellRef cell;
    link::Assignment assignment;  // its envelope points into `envelopes`
  };
  struct LeaseCredit {  // how many more tasks the broker may lease
    std::uint32_t broker;
    std::size_t tasks;                  // beyond the first `knownDeliveredTasks` tasks that its feeder delivered,
    std::uint64_t knownDeliveredTasks;  // which the core has taken into account
    bool isSingleLease = false;         // no other leased task of its broker waits outside the cells
  };
  struct StopRequest {  // asks the master to end the task in this cell
    CellRef cell;
    link::StopReason reason;
    std::string by;
  };
  struct RunningLeases {  // tasks that run for longer than 200 ms: the feeder asks whether they are cancelled
    std::uint32_t broker;
    std::vector<LeaseId> leases;
  };

  std::vector<LogLine> logLines;

  // --- in the slots
  // Ended tasks that wait for an unavailable store: a crash of the dispatcher meanwhile is not charged to them.
  std::vector<CellRef> cellsThatAwaitStores;
  // Before the cells are freed and assigned again: a request names the task that is in the cell now.
  std::vector<StopRequest> stopRequests;
  std::vector<CellRef> cellsToFree;
  std::vector<Assign> assignments;
  std::deque<std::string> envelopes;  // of `assignments`; a deque, so that views stay valid

  // --- by the threads of the stores
  std::vector<std::shared_ptr<SettleBatch>> batchesToSave;    // to the meta storages that have a writer
  std::vector<std::shared_ptr<SettleBatch>> batchesToSettle;  // to the feeder of its broker
  std::vector<LeaseCredit> leaseCredits;                      // one for each broker
  std::vector<RunningLeases> runningLeases;                   // one for each broker, at each Tick
  std::vector<std::uint32_t> brokersToCount;                  // the feeder counts the tasks of its broker
  std::vector<std::uint32_t> brokersToDetach;                 // none of their tasks is left here; each is named once
  std::optional<SessionClose> closeSessions;                  // set once, at the end

  // Errors of tasks that are settled now.
  std::vector<report::ErrorReport> errorReports;
  // The runs of tasks settled in this step that get spans, and the number of spans dropped for lack of room.
  std::vector<tracing::TracedRun> tracedRuns;
  std::uint64_t droppedSpans = 0;
  // Tasks that are settled, for the metrics.
  std::vector<metrics::SettledTask> settledForMetrics;
  // Tasks that are settled and over, for the status board and the cards.
  std::uint64_t succeeded = 0, failed = 0;
  struct SettledCounts {
    std::uint32_t broker = 0;
    std::uint64_t succeeded = 0, failed = 0;
  };
  std::vector<SettledCounts> settledCounts;  // the same by broker
  // The unstarted tasks of these slots are taken back. They come to the core as events of another step.
  std::vector<int> slotsToTakeBackFrom;
};

}  // namespace leptir::dispatcher
