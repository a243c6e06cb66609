// What an instance makes of `error_reporting`, for the process that reports and for the process that runs the
// reporters.
#pragma once

#include <vector>

#include "dispatcher/reporter_settings.h"
#include "leptir/config.h"
#include "leptir/program.h"
#include "link/link.h"

namespace leptir::instance {

// For the dispatcher.
std::vector<dispatcher::ReporterSettings> reporterSettingsOf(const Config& config);
// For the worker that runs error reports: a task for each reporter, and no start hooks, since these prepare tasks.
// `own` is the user's program, which has every class that `config` names.
Program errorReportProgram(const Config& config, const Program& own);
// Master. Unavailable: memory or descriptors ran out.
Result<void> addReportSlotIfNeeded(link::Link& link, const Config& config);

// In a worker that runs tasks: wipes the options of the reporters, and those of their values that look secret from its
// environment. Only in a process with one thread.
void wipeReporterOptions(Config& config);

}  // namespace leptir::instance
