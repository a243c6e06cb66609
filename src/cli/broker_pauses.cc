#include "cli/broker_pauses.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "cli/time_words.h"
#include "fleet/pause.h"

namespace leptir::cli {
namespace {

std::string textOf(const Json& broker, const std::string& name, const Json& pause, Time now) {
  return pauseText(broker["name"].get<std::string>(), name, pause["by"].get<std::string>(),
                   timeFromUnixSeconds(pause["since"].get<double>()), now);
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

std::string pauseText(const std::string& broker, const std::string& name, const std::string& by, Time since, Time now) {
  const auto when = fmt::format("paused since {} by {}", wholeTime(since, now), by);
  if (name.empty()) return fmt::format("broker {} is {}: no instance begins its tasks", broker, when);
  return fmt::format("broker {}: tasks of the name {} are {}", broker, base::inQuotes(name), when);
}

std::vector<std::string> pauseLines(const Json& broker) {
  std::vector<std::string> lines;
  const auto now = systemClock().now();
  if (const auto& pause = broker["paused"]; !pause.is_null()) lines.push_back(textOf(broker, "", pause, now));
  for (const auto& pause : broker["pausedNames"])
    lines.push_back(textOf(broker, pause["name"].get<std::string>(), pause, now));
  return lines;
}

}  // namespace leptir::cli
