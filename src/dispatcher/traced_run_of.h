// Makes the spans of a task that is settled.
#pragma once

#include <optional>
#include <string>

#include "settlement/settlement.h"
#include "task/run_trace.h"
#include "tracing/traced_run.h"

namespace leptir::dispatcher {

// nullopt: the task did not run, or its runs have no spans.
std::optional<tracing::TracedRun> tracedRunOf(const task::TraceSettings& traces, const settlement::HeldTask& task,
                                              const settlement::Settlement& settlement, const std::string& broker);

}  // namespace leptir::dispatcher
