#include "cli/running_instances.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "cli/service_instances.h"
#include "config/state_paths.h"
#include "instance/find_instance.h"

namespace leptir::cli {
namespace {

// The pid files of instances that may run from this folder. An instance whose pid file was removed still has its status
// board.
std::set<std::filesystem::path> pidFilesIn(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> pidFiles;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    auto file = entry.path();
    if (file.extension() == ".pid" || file.extension() == ".board") pidFiles.insert(file.replace_extension(".pid"));
  }
  return pidFiles;
}

}  // namespace

// Root's pid files lie in the state folder on machines where /run cannot be written.
std::set<std::filesystem::path> foldersOfPidFiles() {
  std::set<std::filesystem::path> folders;
  for (const auto& folder : {config::runFolder(), config::stateFolder()}) {
    if (folder) folders.insert(*folder);
  }
  return folders;
}

std::vector<RunningInstance> runningInstances() {
  std::set<std::filesystem::path> pidFiles;
  for (const auto& folder : foldersOfPidFiles()) pidFiles.merge(pidFilesIn(folder));
  std::ranges::copy(pidFilesOfServices(), std::inserter(pidFiles, pidFiles.end()));
  std::vector<RunningInstance> found;
  for (const auto& pidFile : pidFiles) {
    auto board = instance::findInstance({.pidFile = pidFile, .boardFile = config::statusBoardBeside(pidFile)});
    if (board && *board) found.push_back({pidFile, std::move(**board)});
  }
  std::ranges::sort(found, {}, [](const RunningInstance& instance) { return instance.board.since; });
  return found;
}

}  // namespace leptir::cli
