// How start, stop and status find each other: by the path of the configuration, or by --pid.
#pragma once

#include <filesystem>

#include "instance/find_instance.h"
#include "leptir/result.h"

namespace leptir {

// Needs the configuration's path only, not what stands in the file: an instance must be found also when its file is
// broken by now. `config` and `pid` are --config and --pid, or empty. Invalid: there is no place for the state; says
// what to do.
Result<InstanceFiles> instanceFilesOf(const std::filesystem::path& config, const std::filesystem::path& pid);

}  // namespace leptir
