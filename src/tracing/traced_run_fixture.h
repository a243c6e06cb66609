// For tests of this module: a run with spans.
#pragma once

#include "tracing/traced_run.h"

namespace leptir::tracing {

inline TracedRun someRun() {
  const auto given = base::Traceparent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const Time pushed{std::chrono::seconds(1700000000)};
  return {.trace = task::runTraceOf({.makesSpans = true}, given, "id1", pushed, 7).value(),
          .id = "id1",
          .name = "image.resize",
          .broker = "main",
          .attempt = 1,
          .due = pushed,
          .started = pushed + std::chrono::milliseconds(250),
          .ended = pushed + std::chrono::milliseconds(1250),
          .pid = 4711,
          .cause = "finished",
          .status = "success",
          .error = {}};
}

inline TracedRun someRetry() {
  auto run = someRun();
  run.due.reset();
  run.attempt = 2;
  return run;
}

}  // namespace leptir::tracing
