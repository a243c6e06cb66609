// leptir workers
#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/instance_order.h"

namespace leptir::cli {

int runCommand(const WorkersCommand& command, const Program& program) {
  const auto effect = fmt::format("has {} now, until its next reload or start",
                                  command.workers == 1 ? "1 worker" : fmt::format("{} workers", command.workers));
  return runOrder({.command = "workers",
                   .config = command.config,
                   .instance = command.instance,
                   .order = {.kind = InstanceOrder::Kind::SetWorkers, .workers = command.workers},
                   .effect = effect,
                   .json = command.json},
                  program);
}

}  // namespace leptir::cli
