// `metrics: {listen}`.
#include <fmt/format.h>

#include "base/listen_address.h"
#include "config/map_reader.h"
#include "config/sections.h"

namespace leptir::config {
namespace {

std::optional<std::string> readListen(const Node& node, std::string_view what, ConfigErrors& errors) {
  const auto text = readName(node, what, errors);
  if (!text) return {};
  const auto address = base::parseListenAddress(*text);
  if (address) return address->text();
  errors.add(node.line, fmt::format("{} must be an address to listen at: {}", what, address.error().message()));
  return {};
}

}  // namespace

void readMetrics(const Node& node, const SectionContext& context, Config& config) {
  MapReader section(node, "'metrics'", context.errors);
  section.read("listen", config.metrics.listen, readListen);
  section.refuseUnknownKeys();
}

}  // namespace leptir::config
