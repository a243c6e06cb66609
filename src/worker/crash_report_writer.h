// Writes the crash report of this worker into its slot. Everything here is async-signal-safe.
#pragma once

#include "link/slot.h"

namespace leptir::worker {

// Called once, before any user code. The slot must live as long as the process. What signal handlers need is global,
// since a handler takes no argument of ours. Returns the slot's report.
link::CrashReport& setSlotOfCrashReports(link::Slot& slot);
// The slot given to setSlotOfCrashReports.
link::Slot& slotOfCrashReports();

// False in a process that a task forked: it writes no report.
bool isWorkerProcess();

enum class Role { Reporter, HasReported };
// The first thread that crashes writes the report; others wait here until the process ends.
Role claimReport();
bool isReportClaimed();

// Whether the report of a stop (CrashReportKind::Stopped) has the stack of this worker. While a program runs the task
// it has not: the worker only waits, and the record shows the program's own output.
enum class StackOfStops { Report, LeaveOut };
void setStackOfStops(StackOfStops wanted);
StackOfStops stackOfStops();

// Empties the report. It counts from `publish` on, which can be called again with more in it.
link::CrashReport& beginReport();
void publish(link::CrashReport& report, link::CrashReportKind kind);

// Ends the process with this signal if it still writes its report after two seconds.
void limitReportTime(int signal);
// Ends the process by the signal's default action, so that its wait status is the one without a handler. The signal is
// blocked inside of its handler and strikes as soon as that returns.
void dieBySignal(int signal);

}  // namespace leptir::worker
