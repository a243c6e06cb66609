// leptir drain
#include "cli/commands.h"
#include "cli/instance_order.h"

namespace leptir::cli {

int runCommand(const DrainCommand& command, const Program& program) {
  return runOrder({.command = "drain",
                   .config = command.config,
                   .instance = command.instance,
                   .order = {.kind = InstanceOrder::Kind::Drain},
                   .effect = "begins no task more, until 'leptir resume --instance' or its end",
                   .json = command.json},
                  program);
}

}  // namespace leptir::cli
