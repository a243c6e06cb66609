// The instances of this user that run on this machine, found without their configurations.
#pragma once

#include <filesystem>
#include <set>
#include <vector>

#include "link/status_board.h"

namespace leptir::cli {

struct RunningInstance {
  std::filesystem::path pidFile;
  link::BoardInstance board;
};

// Where the pid files of this user lie that have no name of their own: the state folder and the run folder.
std::set<std::filesystem::path> foldersOfPidFiles();

// Finds instances that were started without --pid, and services, since their pid files lie in known folders. In the
// order of their start.
std::vector<RunningInstance> runningInstances();

}  // namespace leptir::cli
