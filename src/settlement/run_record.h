// Makes the record of a run (MetaInfo): of one that goes on, that ended by itself, that the master ended, or that never
// began.
#pragma once

#include <string>

#include "leptir/outcome.h"
#include "leptir/spi/meta_info.h"
#include "link/slot.h"
#include "settlement/held_task.h"

namespace leptir::settlement {

// The machine and the process that a record names as the ones that ran the task.
struct RecordAuthor {
  std::string host;
  int pid = 0;
};

// What the record says of how a run went.
struct RunFacts {
  Cause cause{};
  ExitStatus status = ExitStatus::Unknown;
  Time started{};
  Time ended{};
  Duration executionTime{};
  Duration cpuTime{};
  int signal = 0;
  std::string response{};
  std::string additional{};  // JSON object as text, or empty
};

MetaInfo recordOf(const HeldTask& task, RunFacts run, const RecordAuthor& author);
// Moves the task's own output (response, states, result, stderr) out of the outcome.
MetaInfo recordOfOutcome(const HeldTask& task, Outcome& outcome, const RecordAuthor& author);
// `started` and `ended` are times of the wall clock.
MetaInfo recordOfVerdict(const HeldTask& task, const link::Verdict& verdict, Time started, Time ended,
                         const RecordAuthor& author);
// Of a task that was cancelled while it waited. `by` is user@host.
MetaInfo recordOfCancelled(const HeldTask& task, const std::string& by, Time now, const RecordAuthor& author);
// The in-progress record of a running task. The core saves it for tasks that run for longer than 200 ms.
MetaInfo runningRecord(const HeldTask& task, Time started, const RecordAuthor& author);

// Adds to the record that the task is buried, and why.
void addBurial(const std::string& reason, MetaInfo& record);

// Adds to the record of a run that the master ended what the task itself had reported: response, states, result,
// stderr. The task's response comes first, as in PHP leptir.
void addTaskOutput(Outcome said, MetaInfo& record);

// How the run ended, in one word: its exit status if it ended by itself, otherwise the cause.
std::string howItEnded(const MetaInfo& record);

}  // namespace leptir::settlement
