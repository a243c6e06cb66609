// A configuration file as it was read at one moment: what was checked in one process is what another one uses.
#pragma once

#include <filesystem>
#include <string>

#include "leptir/config.h"

namespace leptir {

struct ConfigText {
  std::string text;
  std::filesystem::path file;
};

// Both together are loadConfig, and answer the errors that stand there.
Result<ConfigText> readConfigText(const std::filesystem::path& file);
Result<Config> configOf(const ConfigText& read);

}  // namespace leptir
