// leptir resume
#include "cli/commands.h"
#include "cli/instance_order.h"
#include "cli/print.h"

namespace leptir::cli {

int runCommand(const ResumeCommand& command, const Program& program) {
  if (command.instance.empty()) return endPause(command.pause, program);
  if (command.pause.all || !command.pause.broker.empty() || !command.pause.name.empty()) {
    printError("leptir resume: --instance ends the drain of an instance: give no --broker, --name or --all");
    return base::kExitUsageError;
  }
  return runOrder({.command = "resume",
                   .config = command.pause.config,
                   .instance = command.instance,
                   .order = {.kind = InstanceOrder::Kind::Resume},
                   .effect = "begins tasks again",
                   .effectIfNotDrained = "had not been drained: nothing to do",
                   .json = command.pause.json},
                  program);
}

}  // namespace leptir::cli
