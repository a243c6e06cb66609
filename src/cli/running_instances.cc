#include "cli/running_instances.h"

#include <algorithm>
#include <set>

#include "config/state_paths.h"
#include "instance/find_instance.h"

namespace leptir {
namespace {

// Root's pid files lie in the state folder where /run could not be written.
std::set<std::filesystem::path> foldersOfPidFiles() {
  std::set<std::filesystem::path> folders;
  for (const auto& folder : {runFolder(), stateFolder()}) {
    if (folder) folders.insert(*folder);
  }
  return folders;
}

}  // namespace

std::vector<RunningInstance> runningInstances() {
  std::vector<RunningInstance> found;
  for (const auto& folder : foldersOfPidFiles()) {
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
      if (entry.path().extension() != ".pid") continue;
      auto board = findInstance({.pidFile = entry.path(), .boardFile = statusBoardBeside(entry.path())});
      if (board && *board) found.push_back({entry.path(), std::move(**board)});
    }
  }
  std::ranges::sort(found, {}, [](const RunningInstance& instance) { return instance.board.since; });
  return found;
}

}  // namespace leptir
