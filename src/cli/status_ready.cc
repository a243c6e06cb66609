// leptir status --ready: for health checks. Reads the pid file and the status board only: neither the configuration nor
// a store is opened, so the answer takes milliseconds also where a store hangs.
#include <fmt/format.h>

#include <iostream>

#include "base/proc_text.h"
#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "instance/find_instance.h"

namespace leptir::cli {
namespace {

struct Readiness {
  std::string state;  // as in `status`, or: not running, stopped, unknown
  int pid = 0;        // 0: no instance
  std::string waitsFor{};
  int exit = base::kExitPartlyDone;
};

// A master that is stopped by SIGSTOP (or a debugger) does not say so itself.
bool isStopped(int pid) {
  const auto stat = base::readProcText(pid, "stat");
  if (!stat) return false;
  const auto name = stat->rfind(") ");  // the name of the process may have any characters
  return name != std::string::npos && name + 2 < stat->size() && ((*stat)[name + 2] == 'T' || (*stat)[name + 2] == 't');
}

Readiness readinessOf(const std::optional<link::BoardInstance>& instance) {
  if (!instance) return {.state = "not running", .exit = base::kExitNotRunning};
  if (isStopped(instance->pid)) return {"stopped", instance->pid, "SIGCONT"};
  return {std::string(nameOf(instance->state)), instance->pid, instance->waitsFor,
          instance->isReady() ? base::kExitDone : base::kExitPartlyDone};
}

void print(const Readiness& readiness) {
  if (readiness.exit == base::kExitDone) {
    printLine("ready: running as {}", readiness.pid);
  } else if (readiness.exit == base::kExitNotRunning) {
    printLine("not running");
  } else {
    printLine("not ready: {} as {}{}", readiness.state, readiness.pid,
              readiness.waitsFor.empty() ? "" : ", waiting for " + readiness.waitsFor);
  }
}

Json jsonOf(const Readiness& readiness) {
  return {{"ready", readiness.exit == base::kExitDone},
          {"state", readiness.state},
          {"pid", readiness.pid == 0 ? Json() : Json(readiness.pid)},
          {"waitsFor", readiness.waitsFor.empty() ? Json() : Json(readiness.waitsFor)}};
}

}  // namespace

int printReadiness(const StatusCommand& command) {
  const auto files = filesOfRunningInstance(command.config, command.pid);
  if (!files) return fail(files.error());
  const auto found = instance::findInstance(*files);
  const auto readiness = found ? readinessOf(*found) : Readiness{.state = "unknown"};
  if (!found) fail(found.error());
  if (command.json) {
    std::cout << jsonForOutput(jsonOf(readiness)) << '\n';
  } else if (found) {
    print(readiness);
  } else {
    printLine("not known whether an instance runs");
  }
  return readiness.exit;
}

}  // namespace leptir::cli
