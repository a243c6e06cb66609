// Reads what stands in the FleetStores of all brokers.
#pragma once

#include <string_view>
#include <vector>

#include "fleet/instance_card.h"
#include "leptir/operations/fleet_view.h"
#include "operations/stores.h"

namespace leptir::operations {

// All entries whose keys begin with `prefix`, at most `limit`; none of a store that keeps none, or does not exist yet.
Result<std::vector<FleetEntry>> fleetEntries(Stores& stores, std::size_t broker, std::string_view prefix,
                                             std::size_t limit);
// The cards of the instances at this broker.
Result<std::vector<fleet::InstanceCard>> cardsAt(Stores& stores, std::size_t broker);

Result<std::vector<PausedTasks>> pausesAt(Stores& stores, std::size_t broker);

}  // namespace leptir::operations
