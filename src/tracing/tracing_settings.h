// What the configuration says of spans.
#pragma once

#include <string>

#include "task/run_trace.h"
#include "tracing/collector.h"

namespace leptir::tracing {

struct TracingSettings {
  Collector collector{};  // without an endpoint no spans are made
  double sample = 0;      // see task::TraceSettings
  std::string service = "leptir";

  task::TraceSettings traceSettings() const { return {.makesSpans = !collector.endpoint.empty(), .sample = sample}; }
};

}  // namespace leptir::tracing
