// leptir status --ready: for health checks. Reads the pid file and the status board only: neither the configuration nor
// a store is opened, so the answer takes milliseconds also where a store hangs.
#include <iostream>

#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "instance/find_instance.h"
#include "instance/readiness.h"

namespace leptir::cli {
namespace {

Json jsonOf(const instance::Readiness& readiness) {
  return {{"ready", readiness.ready},
          {"state", readiness.state},
          {"pid", readiness.pid == 0 ? Json() : Json(readiness.pid)},
          {"waitsFor", readiness.waitsFor.empty() ? Json() : Json(readiness.waitsFor)}};
}

}  // namespace

int printReadiness(const StatusCommand& command) {
  const auto files = filesOfRunningInstance(command.config, command.pid);
  if (!files) return fail(files.error());
  const auto found = instance::findInstance(*files);
  const auto readiness = found ? instance::readinessOf(*found) : instance::Readiness{.state = "unknown"};
  if (!found) fail(found.error());
  if (command.json) {
    std::cout << jsonForOutput(jsonOf(readiness)) << '\n';
  } else {
    printLine("{}", found ? readiness.text() : "not known whether an instance runs");
  }
  if (readiness.ready) return base::kExitDone;
  return found && !*found ? base::kExitNotRunning : base::kExitPartlyDone;
}

}  // namespace leptir::cli
