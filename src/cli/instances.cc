// leptir instances
#include <fmt/format.h>

#include <iostream>

#include "base/duration_text.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kInstanceIdDigitsShown = 8;

Json runningJson(const std::vector<RunningTask>& tasks) {
  Json json = Json::array();
  for (const auto& task : tasks)
    json.push_back({{"id", task.id},
                    {"name", task.name},
                    {"broker", task.broker},
                    {"began", timeJson(task.began)},
                    {"progress", task.progress},
                    {"text", task.progressText},
                    {"attempt", task.attempt}});
  return json;
}

Json instanceViewJson(const InstanceView& view) {
  Json json{{"instance", view.instance},
            {"brokers", view.brokers},
            {"host", view.host.empty() ? Json() : Json(view.host)},
            {"pid", view.pid == 0 ? Json() : Json(view.pid)},
            {"version", view.version.empty() ? Json() : Json(view.version)},
            {"workers", view.workers},
            {"leased", view.leased},
            {"expiresIn", nullptr},
            {"hasCard", view.hasCard}};
  if (view.expiresIn) json["expiresIn"] = std::chrono::duration<double>(*view.expiresIn).count();
  if (!view.hasCard) return json;
  json.update({{"configuration", view.configuration},
               {"state", view.state},
               {"since", timeJson(view.since)},
               {"lastSeen", timeJson(view.lastSeen)},
               {"renewed", timeJson(view.renewed)},
               {"done", view.done},
               {"failed", view.failed},
               {"runningTasks", view.runningTasks},
               {"running", runningJson(view.running)},
               {"names", view.names},
               {"paused", view.paused},
               {"drained", view.drained}});
  return json;
}

Cell stateCell(const InstanceView& view) {
  if (!view.hasCard) return {"no card", Colour::Yellow};
  const auto state = view.shownState();
  return {state + (view.paused ? ", paused" : ""), state == "running" && !view.paused ? Colour::Green : Colour::Yellow};
}

void printTable(const FleetView& fleet, Time now) {
  using enum Column::Align;
  Table table({{.title = "instance"},
               {.title = "host:pid", .leastWidth = 12},
               {.title = "version", .leaveOutRank = 7},
               {.title = "state"},
               {.title = "since", .align = Right, .leaveOutRank = 6},
               {.title = "workers", .align = Right, .leaveOutRank = 3},
               {.title = "running", .align = Right, .leaveOutRank = 2},
               {.title = "done", .align = Right, .leaveOutRank = 5},
               {.title = "failed", .align = Right, .leaveOutRank = 4},
               {.title = "last seen", .align = Right, .leaveOutRank = 1},
               {.title = "brokers", .leaveOutRank = 8, .leastWidth = 8}});
  for (const auto& view : fleet.instances)
    table.add({view.instance.substr(0, kInstanceIdDigitsShown),
               fmt::format("{}:{}", view.host.empty() ? "?" : view.host, view.pid),
               view.version.empty() ? "-" : view.version, stateCell(view), relativeTime(view.since, now),
               std::to_string(view.workers), std::to_string(view.hasCard ? view.runningTasks : view.leased),
               std::to_string(view.done), std::to_string(view.failed), relativeTime(view.lastSeen, now),
               fmt::format("{}", fmt::join(view.brokers, " "))});
  table.print();
}

std::string progressText(const RunningTask& task) {
  if (task.progress <= 0 && task.progressText.empty()) return "-";
  return fmt::format("{:.0f} % {}", task.progress * 100, task.progressText);
}

void printRunning(const FleetView& fleet, Time now) {
  using enum Column::Align;
  Table table({{.title = "instance"},
               {.title = "task", .leastWidth = kMinIdWidth},
               {.title = "name", .leastWidth = 8},
               {.title = "attempt", .align = Right, .leaveOutRank = 2},
               {.title = "for", .align = Right},
               {.title = "progress", .leaveOutRank = 1, .leastWidth = 8}});
  for (const auto& view : fleet.instances) {
    for (const auto& task : view.running)
      table.add({view.instance.substr(0, kInstanceIdDigitsShown), task.id, task.name, std::to_string(task.attempt),
                 base::durationText(now - task.began), progressText(task)});
  }
  printLine("");
  table.print();
}

}  // namespace

int runCommand(const InstancesCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto fleet = operations.instances();
    if (!fleet) return failOperation("instances", fleet.error());
    const auto now = systemClock().now();
    if (command.json) {
      Json json{{"instances", Json::array()}, {"errors", errorsJson(fleet->unable)}};
      for (const auto& view : fleet->instances) json["instances"].push_back(instanceViewJson(view));
      std::cout << jsonForOutput(json) << '\n';
    } else {
      printTable(*fleet, now);
      if (command.running) printRunning(*fleet, now);
    }
    std::cout << std::flush;
    return printStoreErrors(fleet->unable);
  });
}

}  // namespace leptir::cli
