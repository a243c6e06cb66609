// Text of a configuration file → Config, or all that is wrong with it.
#pragma once

#include <filesystem>
#include <string_view>

#include "config/backends.h"
#include "leptir/config.h"

namespace leptir {

// Invalid: each mistake as `file:line: what`, a line each. `file` is for messages, for relative paths and for the
// choice of the parser; it is not read.
Result<Config> readConfig(std::string_view text, const std::filesystem::path& file, const Backends& backends);

}  // namespace leptir
