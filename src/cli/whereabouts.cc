#include "cli/whereabouts.h"

#include "config/state_paths.h"

namespace leptir {

Result<InstanceFiles> instanceFilesOf(const std::filesystem::path& config, const std::filesystem::path& pid) {
  if (!pid.empty()) return InstanceFiles{.pidFile = pid, .boardFile = statusBoardBeside(pid)};
  Config named;
  named.file = config;
  auto pidFile = pidFileFor(named);
  if (!pidFile) return pidFile.error();
  auto alias = aliasFileFor(named);
  if (!alias) return alias.error();
  return InstanceFiles{.pidFile = *pidFile, .boardFile = statusBoardBeside(*pidFile), .aliasFile = *alias};
}

}  // namespace leptir
