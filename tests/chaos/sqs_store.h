// Amazon SQS for the fault tests: an emulator for each test, behind a proxy that fails on demand.
#pragma once

#include <filesystem>

#include "tests/chaos/backends.h"

namespace leptir::chaos {

Store openSqsStore(const std::filesystem::path& folder);

}  // namespace leptir::chaos
