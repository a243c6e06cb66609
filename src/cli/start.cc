// leptir start
#include <unistd.h>

#include "cli/commands.h"
#include "cli/whereabouts.h"
#include "config/state_paths.h"
#include "instance/instance.h"

namespace leptir {
namespace {

// Without it no process can be told from another, and no descendant of a task found.
Result<void> checkProc() {
  if (::access("/proc/self/fd", X_OK) == 0) return {};
  return Error(ErrorCode::Invalid, "/proc is not mounted, and an instance needs it: mount -t proc proc /proc");
}

}  // namespace

int runCommand(const StartCommand& command, const Program& program) {
  if (auto mounted = checkProc(); !mounted) return fail(mounted.error());
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
