// leptir start
#include "cli/commands.h"
#include "cli/whereabouts.h"
#include "config/state_paths.h"
#include "instance/instance.h"

namespace leptir {

int runCommand(const StartCommand& command, const Program& program) {
  auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  const auto files = instanceFilesOf(command.config, command.pid);
  if (!files) {
    fail(files.error());
    return kConfiguration;
  }
  if (auto made = makeFolderFor(files->pidFile); !made) return fail(made.error());
  return runInstance(std::move(*config), {.files = *files, .daemon = command.daemon, .drain = command.drain}, program);
}

}  // namespace leptir
