// Makes the spans of a task that is settled.
#pragma once

#include <optional>
#include <string>

#include "settlement/settlement.h"
#include "task/run_trace.h"
#include "tracing/traced_run.h"

namespace leptir::dispatcher {

// The trace ids and times of a run's spans, without its texts: cheap to compute, before it is known whether the sender
// has room.
struct RunSpans {
  task::RunTrace trace{};
  std::optional<Time> due{};  // see tracing::TracedRun
  std::size_t count() const { return due ? 2 : 1; }
};
// nullopt: the task did not run, or its runs have no spans.
std::optional<RunSpans> runSpansOf(const task::TraceSettings& traceSettings, const settlement::HeldTask& task,
                                   const settlement::Settlement& settlement);

tracing::TracedRun tracedRunOf(const RunSpans& spans, const settlement::HeldTask& task,
                               const settlement::Settlement& settlement, const std::string& broker);

}  // namespace leptir::dispatcher
