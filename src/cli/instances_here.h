// The instances of this machine with their running tasks, found by their pid files and status boards: no store is
// asked.
#pragma once

#include <filesystem>
#include <vector>

#include "leptir/operations/fleet_view.h"

namespace leptir::cli {

// All that this user can find without a configuration, and also the instance of `config`.
std::vector<InstanceView> instancesHere(const std::filesystem::path& config);

}  // namespace leptir::cli
