// leptir buried
#include <iostream>

#include "cli/bulk_action.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/sort_order.h"
#include "cli/task_pages.h"
#include "cli/task_selection.h"
#include "cli/task_text.h"

namespace leptir::cli {
namespace {

int listBuried(const BuriedCommand& command, const Program& program) {
  if (!command.bulk.ids.empty())
    return failOperation("buried list",
                         Error(ErrorCode::Invalid, "give no ids: 'leptir buried show ID' shows one task"));
  auto selection = selectionOf(command.bulk.selection, systemClock().now());
  if (!selection) return failOperation("buried list", selection.error());
  selection->state = ListedState::Buried;
  const auto order = sortOrderOf(command.sort, SortedList::Buried);
  if (!order) return failOperation("buried list", order.error());
  return operate(command.bulk.config, program, [&](Operations& operations, const Config&) {
    return listTasks("buried list", operations, *selection,
                     {.cursor = command.cursor, .limit = command.limit, .order = *order}, command.bulk.json);
  });
}

int showTask(Operations& operations, const std::string& id, bool json) {
  const auto details = operations.task(id);
  if (!details) return failOperation("buried show", details.error());
  if (!details->queued || details->queued->state != ListedState::Buried)
    return fail(Error(ErrorCode::NotFound, "task '" + id + "' is not buried; 'leptir info' shows it"));
  if (json)
    std::cout << jsonForOutput(detailsJson(*details), 2) << '\n';
  else
    std::cout << detailsText(*details, systemClock().now());
  return printStoreErrors(details->unable);
}

int showBuried(const BuriedCommand& command, const Program& program) {
  if (command.bulk.ids.empty())
    return failOperation("buried show", Error(ErrorCode::Invalid, "which task? Give its id"));
  return operate(command.bulk.config, program, [&](Operations& operations, const Config&) {
    const auto ids = wholeIds(operations, command.bulk.ids, TaskAction::Kind::Revive);
    if (!ids) return failOperation("buried show", ids.error());
    int status = base::kExitDone;
    for (const auto& id : *ids) {
      if (const int shown = showTask(operations, id, command.bulk.json); status == base::kExitDone) status = shown;
    }
    return status;
  });
}

}  // namespace

int runCommand(const BuriedCommand& command, const Program& program) {
  if (command.action == "list") return listBuried(command, program);
  if (command.action == "show") return showBuried(command, program);
  const bool revives = command.action == "revive";
  return runBulkAction({.command = revives ? "buried revive" : "buried delete",
                        .verb = revives ? "revive" : "delete",
                        .done = revives ? "due again, with all counters zero" : "deleted",
                        .action = {.kind = revives ? TaskAction::Kind::Revive : TaskAction::Kind::Remove},
                        .state = ListedState::Buried},
                       command.bulk, program);
}

}  // namespace leptir::cli
