// The instances of the whole fleet, from what each store tells of them.
#pragma once

#include <vector>

#include "leptir/operations/fleet_view.h"

namespace leptir::top {

// An instance with several brokers stands in the store of each: it becomes one, as the newest of its cards describes
// it, with the running tasks of all. By host, then by pid.
std::vector<InstanceView> mergedFleet(const std::vector<FleetView>& views);

}  // namespace leptir::top
