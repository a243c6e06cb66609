// Writes spans as OTLP: an ExportTraceServiceRequest in the JSON encoding of Protocol Buffers.
#pragma once

#include <span>
#include <string>

#include "tracing/traced_run.h"

namespace leptir::tracing {

// Where the spans come from: the attributes of their resource.
struct SpanSource {
  std::string service = "leptir";  // service.name
  std::string instance{};          // service.instance.id
  std::string host{};              // host.name
};

std::string otlpRequest(const SpanSource& source, std::span<const TracedRun> runs);

}  // namespace leptir::tracing
