// The server that spans are sent to: an OpenTelemetry collector, or another server of OTLP over HTTP.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "leptir/result.h"
#include "tracing/span_sender.h"

namespace leptir::tracing {

struct Collector {
  std::string endpoint{};  // the base URL, to which /v1/traces is added, as OTEL_EXPORTER_OTLP_ENDPOINT; empty: none
  std::vector<std::pair<std::string, std::string>> headers{};
};

// Invalid: the endpoint is no URL, a header cannot be sent, or this build has no libcurl. The message says what is
// wrong, and shows neither the URL nor values of headers, which may be secret.
Result<void> checkCollector(const Collector& collector);

// Sends requests to a collector that checkCollector has accepted.
DeliverFunction makeDeliverFunction(const Collector& collector);

// What `check` shows: the origin of the endpoint, without its path and password.
std::string originOf(const Collector& collector);

}  // namespace leptir::tracing
