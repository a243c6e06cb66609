// The instances of this machine with their running tasks, found by their pid files and status boards: no store is
// asked.
#pragma once

#include <filesystem>
#include <vector>

#include "leptir/operations/fleet_view.h"

namespace leptir::cli {

// Those that this user can find without a configuration, and that of this one.
std::vector<InstanceView> instancesHere(const std::filesystem::path& config);

}  // namespace leptir::cli
