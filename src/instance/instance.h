// What `start` starts: one leptir on one machine, a master with its children. Also how other commands find it.
#pragma once

#include <filesystem>
#include <optional>

#include "leptir/config.h"
#include "leptir/run_main.h"
#include "link/status_board.h"

namespace leptir {

struct InstanceOptions {
  std::filesystem::path pidFile;
  std::filesystem::path boardFile;
  bool daemon = false;
  bool drain = false;
  bool announce = true;  // the butterfly lines
};

// Runs the instance and answers the process's exit status when it has ended; as a daemon, once the daemon flies (or
// could not take off). Everything that can be wrong with the configuration and the stores is found before the daemon
// lets go of the terminal. Call it from the only thread. Move the configuration here: workers wipe the connections in
// this one, not in copies.
int runInstance(Config config, const InstanceOptions& options, const Program& program);

// The running instance of that pid file and board. None: it does not run.
std::optional<BoardInstance> findInstance(const std::filesystem::path& pidFile, const std::filesystem::path& boardFile);

}  // namespace leptir
