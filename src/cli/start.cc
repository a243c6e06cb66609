// leptir start
#include "base/proc_check.h"
#include "cli/commands.h"
#include "cli/whereabouts.h"
#include "config/state_paths.h"
#include "instance/instance.h"

namespace leptir {

int runCommand(const StartCommand& command, const Program& program) {
  // Without it no process can be told from another, and no descendant of a task found.
  if (auto shown = checkProc(); !shown) {
    fail(shown.error());
    return kPartlyDone;
  }
  auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  const auto files = instanceFilesOf(command.config, command.pid);
  if (!files) {
    fail(files.error());
    return kConfiguration;
  }
  if (auto made = makeFolderFor(files->pidFile); !made) {
    fail(made.error());
    return kPartlyDone;  // whether that may pass or not: it is no store
  }
  return runInstance(std::move(*config), {.files = *files, .daemon = command.daemon, .drain = command.drain}, program);
}

}  // namespace leptir
