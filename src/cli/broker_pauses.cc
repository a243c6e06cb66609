#include "cli/broker_pauses.h"

#include <fmt/format.h>

#include "base/duration_text.h"
#include "base/escape.h"
#include "base/time_text.h"
#include "fleet/pause.h"

namespace leptir::cli {
namespace {

// "since 2026-11-30T18:00:00Z (2 min 5 s) by ann@host"
std::string sinceAndBy(const Json& pause) {
  const auto since = pause["since"].get<double>();
  return fmt::format("since {} ({}) by {}", base::timeText(timeFromUnixSeconds(since)),
                     base::durationText(unixSeconds(systemClock().now()) - since), pause["by"].get<std::string>());
}

}  // namespace

Json pausesJson(FleetStore* store) {
  Json json{{"paused", nullptr}, {"pausedNames", Json::array()}};
  if (store == nullptr) return json;
  const auto pauses = fleet::pausesIn(*store);
  if (!pauses) return json;
  for (const auto& [name, by, since] : *pauses) {
    if (name.empty()) {
      json["paused"] = {{"by", by}, {"since", unixSeconds(since)}};
    } else {
      json["pausedNames"].push_back({{"name", name}, {"by", by}, {"since", unixSeconds(since)}});
    }
  }
  return json;
}

std::vector<std::string> pauseLines(const Json& broker) {
  std::vector<std::string> lines;
  const auto where = "broker " + broker["name"].get<std::string>();
  if (const auto& pause = broker["paused"]; !pause.is_null())
    lines.push_back(fmt::format("{} is paused {}: no instance begins its tasks", where, sinceAndBy(pause)));
  for (const auto& pause : broker["pausedNames"]) {
    lines.push_back(fmt::format("{}: tasks of the name {} are paused {}", where,
                                base::inQuotes(pause["name"].get<std::string>()), sinceAndBy(pause)));
  }
  return lines;
}

}  // namespace leptir::cli
