// leptir status --all
#include <iostream>

#include "base/duration_text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/running_instances.h"

namespace leptir {
namespace {

Json jsonOf(const RunningInstance& instance) {
  const auto& board = instance.board;
  return {{"pid", board.pid},
          {"pidFile", instance.pidFile.string()},
          {"configuration", board.configuration.empty() ? Json() : Json(board.configuration)},
          {"session", board.session},
          {"since", unixSeconds(board.since)},
          {"ready", board.isReady()},
          {"done", board.done},
          {"failed", board.failed}};
}

void printForPeople(const std::vector<RunningInstance>& instances) {
  if (instances.empty()) {
    printLine("no instance of this user runs here (one that was started with --pid is shown by status --pid)");
    return;
  }
  printLine("{:>8}  {:<14} {:>10} {:>10}  {}", "pid", "for", "done", "failed", "configuration; shown by");
  for (const auto& [pidFile, board] : instances) {
    const auto up = board.since == Time() ? "-" : durationText(systemClock().now() - board.since);
    printLine("{:>8}  {:<14} {:>10} {:>10}  {}; status --pid={}", board.pid, up, board.done, board.failed,
              board.configuration.empty() ? "none" : board.configuration, pidFile.string());
  }
}

}  // namespace

int statusOfAll(const StatusCommand& command) {
  const auto instances = runningInstances();
  if (!command.json) {
    printForPeople(instances);
    return kDone;
  }
  Json all = Json::array();
  for (const auto& instance : instances) all.push_back(jsonOf(instance));
  std::cout << writeJson(Json{{"instances", std::move(all)}}) << '\n';
  return kDone;
}

}  // namespace leptir
