// Instances that run as services of this machine. Their pid files are named by --pid in the unit or script, so they are
// not where those of the calling user are.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "instance/find_instance.h"

namespace leptir::cli {

// The pid files in the place where `leptir install` puts them, /run/NAME/NAME.pid, also where only the status board is
// left.
std::vector<std::filesystem::path> pidFilesOfServices();

// The files of the running service that was started with this configuration file; an empty path: with none. nullopt:
// there is no such service, or the caller may not see it. Several: the first by name.
std::optional<instance::InstanceFiles> findService(const std::filesystem::path& config);

}  // namespace leptir::cli
