// leptir reload
#include <csignal>

#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/instance_order.h"
#include "cli/print.h"

namespace leptir::cli {
namespace {

int reloadElsewhere(const ReloadCommand& command, const Program& program) {
  return runOrder({.command = "reload",
                   .config = command.config,
                   .instance = command.instance,
                   .order = {.kind = InstanceOrder::Kind::Reload},
                   .effect = "reads its configuration again; its log says what has changed",
                   .json = command.json},
                  program);
}

}  // namespace

int runCommand(const ReloadCommand& command, const Program& program) {
  if (!command.instance.empty()) return reloadElsewhere(command, program);
  const auto asked = filesOfRunningInstance(command.config, command.pid);
  if (!asked) return fail(asked.error());
  const auto master = masterOfRunning(instance::filesOfRunning(*asked));
  if (!master) return fail(master.error());
  if (!*master) return printNotRunning("reload", command.config, program);
  if (auto signalled = (*master)->signal(SIGHUP); !signalled) return fail(signalled.error());
  printLine("The instance (pid {}) reads its configuration again; its log says what has changed.", (*master)->pid());
  return base::kExitDone;
}

}  // namespace leptir::cli
