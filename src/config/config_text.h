// The text of a configuration file, read once: one process checks it, and another one uses the same text.
#pragma once

#include <filesystem>
#include <string>

#include "leptir/config.h"

namespace leptir::config {

struct ConfigText {
  std::string text;
  std::filesystem::path file;
};

// loadConfig does both, one after the other, and its errors are documented there.
Result<ConfigText> readConfigText(const std::filesystem::path& file);
Result<Config> configOf(const ConfigText& read, const BackendRegistry& ownBackends,
                        const ReporterRegistry* reporters = nullptr);

}  // namespace leptir::config
