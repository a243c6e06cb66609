// leptir status
#include <iostream>

#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/json_output.h"
#include "cli/status_report.h"
#include "cli/status_watch.h"

namespace leptir::cli {

// Shows whether an instance runs even if the configuration cannot be read; the brokers are missing then.
int runCommand(const StatusCommand& command, const Program& program) {
  if (command.all) return printStatusOfAll(command);
  if (command.ready) return printReadiness(command);
  const auto files = filesOfRunningInstance(command.config, command.pid);
  if (!files) return fail(files.error());
  if (command.watch) return watchStatus(command, *files, program);
  const auto found = instance::findInstance(*files);
  // Printed before the configuration is read, so that it comes before the errors of the configuration on stderr.
  if (!command.json) std::cout << instanceLine(found) << std::flush;
  if (!found) fail(found.error());
  const auto config = readConfig(command.config, program);
  std::optional<BrokersOfStatus> brokers;
  if (config) brokers.emplace(*config);
  const auto report = reportStatus(found, brokers ? &*brokers : nullptr);
  if (command.json)
    std::cout << jsonForOutput(report.json) << '\n';
  else
    std::cout << report.tables;
  if (!found) return base::kExitPartlyDone;
  return config || *found ? base::kExitDone : base::kExitConfigError;
}

}  // namespace leptir::cli
