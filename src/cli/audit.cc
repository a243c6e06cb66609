// leptir audit
#include <iostream>

#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/table.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

Json actionJson(const AuditedAction& action) {
  return {{"at", timeJson(action.at)},
          {"by", action.by},
          {"action", action.action},
          {"on", action.on},
          {"changed", action.changed},
          {"broker", action.broker},
          {"outcome", action.outcome.empty() ? Json() : Json(action.outcome)}};
}

void printTable(const AuditView& view, Time now) {
  using enum Column::Align;
  Table table({{.title = "when (UTC)", .leaveOutRank = 4},
               {.title = "when", .align = Right},
               {.title = "who", .leastWidth = 12},
               {.title = "action"},
               {.title = "changed", .align = Right, .leaveOutRank = 2},
               {.title = "broker", .leaveOutRank = 3, .leastWidth = 8},
               {.title = "on", .leastWidth = 16},
               {.title = "outcome", .leaveOutRank = 1, .leastWidth = 8}});
  for (const auto& action : view.actions)
    table.add(
        {absoluteTime(action.at),
         relativeTime(action.at, now),
         action.by,
         action.action,
         std::to_string(action.changed),
         action.broker,
         action.on,
         {action.outcome.empty() ? "done" : action.outcome, action.outcome.empty() ? Colour::None : Colour::Red}});
  table.print();
}

}  // namespace

int runCommand(const AuditTrailCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto view = operations.auditTrail(command.limit);
    if (!view) return failOperation("audit", view.error());
    if (command.json) {
      Json json{{"actions", Json::array()}, {"errors", errorsJson(view->unable)}};
      for (const auto& action : view->actions) json["actions"].push_back(actionJson(action));
      std::cout << jsonForOutput(json) << '\n';
    } else {
      printTable(*view, systemClock().now());
    }
    std::cout << std::flush;
    return printStoreErrors(view->unable);
  });
}

}  // namespace leptir::cli
