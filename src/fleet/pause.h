// A pause: no instance begins tasks of a queue, or of one task name, until an operator resumes it. It stands in the
// FleetStore of the queue, so all instances obey it, also those that start later. Running tasks go on.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {

struct Pause {
  std::string name{};  // of tasks; empty: the whole queue
  std::string by{};    // user@host
  Time since{};

  friend bool operator==(const Pause&, const Pause&) = default;
};

// `pauses/queue`, or `pauses/name/` and the name with each byte but letters, digits, `.`, `-` and `_` as %XX; a name
// that is too long for a key is cut there and followed by its digest.
std::string keyOf(const Pause& pause);
// {"name", "by", "since"}: the value, as JSON. `since` is Unix time in seconds.
std::string textOf(const Pause& pause);
// None: another program wrote the entry. It pauses nothing.
std::optional<Pause> pauseOf(const FleetEntry& entry);

// All pauses of a queue; entries of other programs are left out.
Result<std::vector<Pause>> pausesIn(FleetStore& store);

}  // namespace leptir::fleet
