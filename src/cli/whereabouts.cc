#include "cli/whereabouts.h"

#include "config/state_paths.h"

namespace leptir {

Result<Whereabouts> whereaboutsOf(const Config& config, const std::filesystem::path& pid) {
  if (!pid.empty()) return Whereabouts{pid, statusBoardBeside(pid)};
  auto pidFile = pidFileFor(config);
  if (!pidFile) return pidFile.error();
  return Whereabouts{*pidFile, statusBoardBeside(*pidFile)};
}

}  // namespace leptir
