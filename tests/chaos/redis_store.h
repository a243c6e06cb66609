// Redis for the rows: a server of a row's own, behind a link that fails on demand.
#pragma once

#include <filesystem>

#include "tests/chaos/backends.h"

namespace leptir::chaos {

Store openRedisStore(const std::filesystem::path& folder);

}  // namespace leptir::chaos
