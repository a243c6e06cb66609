#include "cli/service_instances.h"

#include <algorithm>
#include <string>
#include <system_error>

#include "config/state_paths.h"
#include "link/status_board.h"

namespace leptir::cli {
namespace {

namespace fs = std::filesystem;

bool isSameFile(const fs::path& config, const std::string& other) {
  if (config.empty() || other.empty()) return config.empty() && other.empty();
  std::error_code failed;
  const auto real = fs::weakly_canonical(fs::absolute(config, failed), failed);
  return !failed && real == fs::weakly_canonical(other, failed) && !failed;
}

}  // namespace

std::vector<fs::path> pidFilesOfServices() {
  std::vector<fs::path> pidFiles;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator("/run", failed)) {
    const auto pidFile = entry.path() / (entry.path().filename().string() + ".pid");
    std::error_code hidden;
    if (fs::exists(pidFile, hidden) || fs::exists(config::statusBoardBeside(pidFile), hidden))
      pidFiles.push_back(pidFile);
  }
  std::ranges::sort(pidFiles);
  return pidFiles;
}

std::optional<instance::InstanceFiles> findService(const fs::path& config) {
  for (const auto& pidFile : pidFilesOfServices()) {
    instance::InstanceFiles files{.pidFile = pidFile, .boardFile = config::statusBoardBeside(pidFile)};
    const auto board = link::StatusBoard::read(files.boardFile, systemClock());
    if (!board || !isSameFile(config, board->configuration)) continue;
    if (const auto master = instance::masterOf(files); master && *master) return files;
  }
  return std::nullopt;
}

}  // namespace leptir::cli
