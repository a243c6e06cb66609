// RunTrace: the spans of one run of a task. Their ids follow from the task and its lease, so the worker that passes the
// run's span on and the dispatcher that sends it compute the same ids without communicating, even when another
// dispatcher settles the run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/traceparent.h"
#include "leptir/clock.h"

namespace leptir::task {

// Which tasks get spans.
struct TraceSettings {
  bool makesSpans = false;  // an endpoint for spans is configured
  double sample = 0;        // the share, from 0 to 1, of tasks without a traceparent that get spans nevertheless
};

struct RunTrace {
  base::Traceparent run;  // the span of the run: what the task hands on
  base::SpanId queue{};   // the span of the wait in the queue
  // The span that pushed the task. Empty: the task has none, and the queue's span is the first of the trace.
  std::optional<base::SpanId> pusher{};
};

// nullopt: the run has no spans, since none are made, or its trace is not sampled. Tasks without a traceparent are
// sampled by a hash of their id, so that all runs of a task are, or none.
std::optional<RunTrace> runTraceOf(const TraceSettings& settings, const std::optional<base::Traceparent>& given,
                                   std::string_view id, std::optional<Time> pushedAt, std::uint64_t lease);

// Whether runTraceOf uses `pushedAt`.
inline bool needsTimeOfPush(const TraceSettings& settings) {
  return settings.makesSpans && settings.sample > 0;
}

}  // namespace leptir::task
