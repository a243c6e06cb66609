#include "cli/instances_here.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/host_name.h"
#include "base/saturated.h"
#include "cli/instance_files.h"
#include "cli/running_instances.h"

namespace leptir::cli {
namespace {

// Another one has another host name: the instance runs in a container, or the caller does.
bool sharesUtsNamespace(int pid) {
  std::error_code failed;
  const auto own = std::filesystem::read_symlink("/proc/self/ns/uts", failed);
  return !failed && std::filesystem::read_symlink(fmt::format("/proc/{}/ns/uts", pid), failed) == own;
}

InstanceView viewOf(const link::BoardInstance& board) {
  const auto now = systemClock().now();
  InstanceView view{.instance = board.session, .host = base::hostName(), .pid = board.pid};
  for (const auto& worker : board.workers) {
    if (worker.busy && worker.pid > 0)
      view.running.push_back({.id = worker.taskId,
                              .name = worker.taskName,
                              .began = now - base::durationFromSeconds(worker.seconds),
                              .progress = worker.progress,
                              .progressText = worker.progressText,
                              .attempt = 0,  // the board does not tell it
                              .pid = worker.pid});
  }
  view.runningTasks = view.running.size();
  return view;
}

}  // namespace

std::vector<InstanceView> instancesHere(const std::filesystem::path& config) {
  std::vector<InstanceView> views;
  const auto add = [&](const link::BoardInstance& board) {
    const bool isKnown = std::ranges::count(views, board.session, &InstanceView::instance) > 0;
    if (!isKnown && sharesUtsNamespace(board.pid)) views.push_back(viewOf(board));
  };
  if (const auto files = filesOfRunningInstance(config, {})) {
    if (const auto found = instance::findInstance(*files); found && *found) add(**found);
  }
  for (const auto& running : runningInstances()) add(running.board);
  return views;
}

}  // namespace leptir::cli
