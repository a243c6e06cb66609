// leptir start
#include "cli/commands.h"
#include "cli/whereabouts.h"
#include "config/state_paths.h"
#include "instance/instance.h"

namespace leptir {

int runCommand(const StartCommand& command, const Program& program) {
  auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  const auto places = whereaboutsOf(*config, command.pid);
  if (!places) {
    fail(places.error());
    return kConfiguration;
  }
  if (auto made = makeFolderFor(places->pidFile); !made) return fail(made.error());
  return runInstance(
      std::move(*config),
      {.pidFile = places->pidFile, .boardFile = places->boardFile, .daemon = command.daemon, .drain = command.drain},
      program);
}

}  // namespace leptir
