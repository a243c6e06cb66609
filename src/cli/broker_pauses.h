// For `status`: what operators have paused at a broker.
#pragma once

#include <string>
#include <vector>

#include "leptir/json.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::cli {

// {"paused": null or {"by", "since"}, "pausedNames": [{"name", "by", "since"}]}; `since` is Unix time in seconds.
// Nothing is paused where `store` is null or fails: `status` shows everything else nevertheless.
Json pausesJson(FleetStore* store);

// A sentence for each pause in the JSON of a broker, for people.
std::vector<std::string> pauseLines(const Json& broker);

}  // namespace leptir::cli
