#include "cli/instance_files.h"

#include "base/exit_code.h"
#include "cli/print.h"
#include "cli/read_config.h"
#include "cli/service_instances.h"
#include "config/state_paths.h"

namespace leptir::cli {

Result<instance::InstanceFiles> instanceFilesOf(const std::filesystem::path& config, const std::filesystem::path& pid) {
  if (!pid.empty()) return instance::InstanceFiles{.pidFile = pid, .boardFile = config::statusBoardBeside(pid)};
  Config named;
  named.file = config;
  auto pidFile = config::pidFileFor(named);
  if (!pidFile) return pidFile.error();
  auto alias = config::aliasFileFor(named);
  if (!alias) return alias.error();
  return instance::InstanceFiles{
      .pidFile = *pidFile, .boardFile = config::statusBoardBeside(*pidFile), .aliasFile = *alias};
}

Result<instance::InstanceFiles> filesOfRunningInstance(const std::filesystem::path& config,
                                                       const std::filesystem::path& pid) {
  auto files = instanceFilesOf(config, pid);
  if (!pid.empty()) return files;
  const auto own =
      files ? instance::masterOf(instance::runningInstanceFiles(*files)) : Result<std::optional<int>>(std::nullopt);
  if (!own || *own) return files;
  if (auto service = findService(config)) return *service;
  return files;
}

Result<std::optional<master::ProcessHandle>> runningMasterOf(const instance::InstanceFiles& files) {
  return master::ProcessHandle::find([&files] { return instance::masterOf(files); });
}

int printNotRunning(std::string_view command, const std::filesystem::path& config, const Program& program) {
  printError("Leptir process is not running. Nothing to {} here.", command);
  [[maybe_unused]] const auto read = readConfig(config, program);
  return base::kExitNotRunning;
}

}  // namespace leptir::cli
