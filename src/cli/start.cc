// leptir start
#include "base/proc_check.h"
#include "cli/commands.h"
#include "cli/instance_files.h"
#include "config/state_paths.h"
#include "instance/instance.h"

namespace leptir::cli {

int runCommand(const StartCommand& command, const Program& program) {
  // Without /proc processes cannot be identified, and descendants of tasks cannot be found.
  if (auto shown = base::checkProcFilesystem(); !shown) {
    fail(shown.error());
    return base::kExitPartlyDone;
  }
  auto config = readConfigWithReporters(command.config, program);
  if (!config) return base::kExitConfigError;
  const auto files = instanceFilesOf(command.config, command.pid);
  if (!files) {
    fail(files.error());
    return base::kExitConfigError;
  }
  if (auto made = config::makeFolderFor(files->pidFile); !made) {
    fail(made.error());
    return base::kExitPartlyDone;  // not 69 even if the error may pass: 69 is for stores
  }
  return instance::runInstance(std::move(*config), {.files = *files, .daemon = command.daemon, .drain = command.drain},
                               program);
}

}  // namespace leptir::cli
