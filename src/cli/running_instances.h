// The instances of this user that run on this machine, found without their configurations.
#pragma once

#include <filesystem>
#include <vector>

#include "link/status_board.h"

namespace leptir {

struct RunningInstance {
  std::filesystem::path pidFile;
  BoardInstance board;
};

// Those that were started without --pid: their pid files lie in the run folder. In the order of their start.
std::vector<RunningInstance> runningInstances();

}  // namespace leptir
