// Loads the configuration of a command.
#pragma once

#include <filesystem>

#include "leptir/config.h"
#include "leptir/run_main.h"

namespace leptir::cli {

// Loads the configuration from `file`, or the default one if `file` is empty; its stores may be of the program's own
// backends. On an error it has already printed the error to stderr, one line for each mistake.
Result<Config> readConfig(const std::filesystem::path& file, const Program& program);

// The same for `start` and `check`, which need the error reporters that the configuration names: `program` must have
// them, and they must accept their options. Other commands use no reporter.
Result<Config> readConfigWithReporters(const std::filesystem::path& file, const Program& program);

// Warns on stderr if the configuration has no meta storage. For commands that read records.
void warnIfNotRecorded(const Config& config);

}  // namespace leptir::cli
