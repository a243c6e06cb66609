// What operators have paused at a broker.
#pragma once

#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::cli {

// {"paused": null or {"by", "since"}, "pausedNames": [{"name", "by", "since"}]}; `since` is Unix time in seconds.
// Nothing is paused where `store` is null or fails: `status` shows everything else nevertheless.
Json pausesJson(FleetStore* store);

// "broker local is paused since 2026-11-30 18:00:00 UTC (2 min 5 s ago) by ann@host: no instance begins its tasks".
// `name`: of the tasks; empty: the whole queue.
std::string pauseText(const std::string& broker, const std::string& name, const std::string& by, Time since, Time now);

// For `status`: a sentence for each pause in the JSON of a broker, for people.
std::vector<std::string> pauseLines(const Json& broker);

}  // namespace leptir::cli
