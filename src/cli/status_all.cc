// leptir status --all
#include <iostream>

#include "base/duration_text.h"
#include "cli/commands.h"
#include "cli/instance_json.h"
#include "cli/json_output.h"
#include "cli/print.h"
#include "cli/running_instances.h"

namespace leptir::cli {
namespace {

Json runningInstanceJson(const RunningInstance& instance) {
  auto json = instanceJson(instance.board);
  json["pidFile"] = instance.pidFile.string();
  return json;
}

std::string foldersAsText() {
  std::string text;
  for (const auto& folder : foldersOfPidFiles()) text += (text.empty() ? "" : " and ") + folder.string();
  return text.empty() ? "any folder of this user" : text;
}

void printInstances(const std::vector<RunningInstance>& instances) {
  if (instances.empty()) {
    printLine(
        "no instance of this user runs here: none has its pid file in {}, and no service is installed that runs ("
        "'leptir status --pid=FILE' shows an instance that was started with --pid or another XDG_STATE_HOME)",
        foldersAsText());
    return;
  }
  printLine("{:>8}  {:<14} {:>10} {:>10}  {}", "pid", "for", "done", "failed", "configuration; details by");
  for (const auto& [pidFile, board] : instances) {
    const auto up = board.since == Time() ? "-" : base::durationText(systemClock().now() - board.since);
    printLine("{:>8}  {:<14} {:>10} {:>10}  {}; status --pid={}", board.pid, up, board.done, board.failed,
              board.configuration.empty() ? "none" : board.configuration, pidFile.string());
  }
}

}  // namespace

int printStatusOfAll(const StatusCommand& command) {
  const auto instances = runningInstances();
  if (!command.json) {
    printInstances(instances);
    return base::kExitDone;
  }
  Json all = Json::array();
  for (const auto& instance : instances) all.push_back(runningInstanceJson(instance));
  std::cout << jsonForOutput(Json{{"instances", std::move(all)}}) << '\n';
  return base::kExitDone;
}

}  // namespace leptir::cli
