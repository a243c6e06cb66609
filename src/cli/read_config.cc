#include "cli/read_config.h"

#include "cli/print.h"
#include "cli/report_error.h"
#include "config/unrecorded.h"

namespace leptir::cli {

namespace {

Result<Config> read(const std::filesystem::path& file, const Program& program, const ReporterRegistry* reporters) {
  auto config = file.empty() ? defaultConfig() : loadConfig(file, program.backends, reporters);
  if (!config) printEscapedErrorLines(config.error().message());
  return config;
}

}  // namespace

Result<Config> readConfig(const std::filesystem::path& file, const Program& program) {
  return read(file, program, nullptr);
}

Result<Config> readConfigWithReporters(const std::filesystem::path& file, const Program& program) {
  return read(file, program, &program.reporters);
}

void warnIfNotRecorded(const Config& config) {
  if (config.metaStorages.empty())
    printNotice("{} (add meta_storage to the configuration)", config::kNothingIsRecorded);
}

}  // namespace leptir::cli
