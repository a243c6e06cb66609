#include "instance/readiness.h"

#include "base/proc_text.h"

namespace leptir::instance {
namespace {

bool isStopped(int pid) {
  const auto stat = base::readProcText(pid, "stat");
  if (!stat) return false;
  const auto name = stat->rfind(") ");  // the name of the process may have any characters
  return name != std::string::npos && name + 2 < stat->size() && ((*stat)[name + 2] == 'T' || (*stat)[name + 2] == 't');
}

}  // namespace

std::string Readiness::text() const {
  if (pid == 0) return state;
  if (ready) return "ready: running as " + std::to_string(pid);
  const bool isWaiting = state == nameOf(link::InstanceState::Waiting);  // it runs
  auto text = "not ready: " + (isWaiting ? "running" : state) + " as " + std::to_string(pid);
  if (!waitsFor.empty()) text += (isWaiting ? ", but waiting for " : ", waiting for ") + waitsFor;
  return text;
}

Readiness readinessOf(const std::optional<link::BoardInstance>& instance) {
  if (!instance) return {.state = "not running"};
  if (isStopped(instance->pid)) return {.state = "stopped", .pid = instance->pid, .waitsFor = "SIGCONT"};
  return {.state = std::string(nameOf(instance->state)),
          .pid = instance->pid,
          .waitsFor = instance->waitsFor,
          .ready = instance->isReady()};
}

}  // namespace leptir::instance
