// Reports of a worker that user code ends: by an uncaught exception (std::terminate) or by exit().
#pragma once

namespace leptir::worker {

// Call it once, after setSlotOfCrashReports (crash_report_writer.h).
void installExitReports();

}  // namespace leptir::worker
