// How start, stop and status find each other: by the configuration, or by --pid.
#pragma once

#include <filesystem>

#include "leptir/config.h"
#include "leptir/result.h"

namespace leptir {

struct Whereabouts {
  std::filesystem::path pidFile;
  std::filesystem::path boardFile;  // beside the pid file
};

// `pid` is --pid, or empty. Invalid: there is no place for the state; says what to do.
Result<Whereabouts> whereaboutsOf(const Config& config, const std::filesystem::path& pid);

}  // namespace leptir
