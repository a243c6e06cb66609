// MongoDB for the fault tests: a server for each test, behind a proxy that fails on demand.
#pragma once

#include <filesystem>

#include "tests/chaos/backends.h"

namespace leptir::chaos {

Store openMongodbStore(const std::filesystem::path& folder);

}  // namespace leptir::chaos
