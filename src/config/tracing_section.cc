// `tracing: {endpoint, headers, sample, service_name}`.
#include <fmt/format.h>

#include "base/escape.h"
#include "config/map_reader.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

// Only the scheme is checked here; the module that sends spans checks the rest of the address.
void checkEndpoint(const Node& node, const MapReader& tracing, const std::string& endpoint, ConfigErrors& errors) {
  if (endpoint.starts_with("http://") || endpoint.starts_with("https://")) return;
  errors.add(node.line, tracing.nameOf("endpoint") + " must be an address that begins with http:// or https://");
}

void readHeaders(const Node& node, const std::string& what, Config::Tracing& tracing, ConfigErrors& errors) {
  for (const auto& entry : entriesOf(node, what, errors)) {
    auto value = readName(entry.value, fmt::format("{} in {}", base::inQuotes(entry.key), what), errors);
    if (value) tracing.headers.emplace_back(entry.key, std::move(*value));
  }
}

void readSample(const Node& node, const std::string& what, Config::Tracing& tracing, ConfigErrors& errors) {
  const auto share = readNumber(node, what, errors);
  if (!share) return;
  if (*share >= 0 && *share <= 1) {
    tracing.sample = *share;
  } else {
    errors.add(node.line, what + " must be a number from 0 to 1: the share of tasks without a traceparent");
  }
}

}  // namespace

void readTracing(const Node& node, const SectionContext& context, Config& config) {
  MapReader map(node, "'tracing'", context.errors);
  if (const Node* endpoint = map.require("endpoint")) {
    map.read("endpoint", config.tracing.endpoint, readName);
    if (!config.tracing.endpoint.empty()) checkEndpoint(*endpoint, map, config.tracing.endpoint, context.errors);
  }
  if (const Node* headers = map.find("headers"))
    readHeaders(*headers, map.nameOf("headers"), config.tracing, context.errors);
  if (const Node* sample = map.find("sample"))
    readSample(*sample, map.nameOf("sample"), config.tracing, context.errors);
  map.read("service_name", config.tracing.serviceName, readName);
  map.refuseUnknownKeys();
}

}  // namespace leptir::config
