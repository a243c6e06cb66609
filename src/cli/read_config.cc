#include "cli/read_config.h"

#include "cli/print.h"
#include "cli/report_error.h"
#include "config/unrecorded.h"

namespace leptir::cli {

Result<Config> readConfig(const std::filesystem::path& file, const Program& program) {
  auto config = file.empty() ? defaultConfig() : loadConfig(file, program.backends);
  if (!config) printEscapedErrorLines(config.error().message());
  return config;
}

void warnIfNotRecorded(const Config& config) {
  if (config.metaStorages.empty())
    printNotice("{} (add meta_storage to the configuration)", config::kNothingIsRecorded);
}

}  // namespace leptir::cli
