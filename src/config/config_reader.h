// Turns the text of a configuration file into a Config, or answers all of its errors.
#pragma once

#include <filesystem>
#include <string_view>

#include "config/backends.h"
#include "leptir/config.h"

namespace leptir::config {

// Invalid: each error as `file:line: message`, one line each. `file` is used for messages, for relative paths and for
// the choice of the parser; it is not read. `reporters` as loadConfig has them.
Result<Config> readConfig(std::string_view text, const std::filesystem::path& file, const Backends& backends,
                          const ReporterRegistry* reporters = nullptr);

}  // namespace leptir::config
