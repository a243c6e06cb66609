#include "cli/running_instances.h"

#include <algorithm>
#include <set>

#include "config/state_paths.h"
#include "master/pid_file.h"

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

// An instance that has no board yet, or one of another version, is known by its pid alone.
BoardInstance boardBeside(const std::filesystem::path& pidFile, int pid) {
  auto board = StatusBoard::read(statusBoardBeside(pidFile), systemClock());
  if (board && board->pid == pid) return std::move(*board);
  BoardInstance unknown;
  unknown.pid = pid;
  return unknown;
}

}  // namespace

std::vector<RunningInstance> runningInstances() {
  std::vector<RunningInstance> found;
  for (const auto& folder : foldersOfPidFiles()) {
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
      if (entry.path().extension() != ".pid") continue;
      const auto pid = holderOf(entry.path());
      if (pid && *pid) found.push_back({entry.path(), boardBeside(entry.path(), **pid)});
    }
  }
  std::ranges::sort(found, {}, [](const RunningInstance& instance) { return instance.board.since; });
  return found;
}

}  // namespace leptir
