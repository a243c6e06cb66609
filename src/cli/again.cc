// leptir again
#include <algorithm>
#include <utility>

#include "cli/bulk_action.h"
#include "cli/commands.h"
#include "cli/id_printer.h"
#include "cli/print.h"
#include "cli/push_line.h"
#include "leptir/outcome.h"

namespace leptir::cli {
namespace {

ListedState stateOf(const SelectionOptions& selection) {
  return selection.cause == nameOf(Cause::Cancelled) ? ListedState::Cancelled : ListedState::Failed;
}

}  // namespace

// Ids come first; from the first argument with a = on, all are parameters. Without a selection the first argument is an
// id, whatever it contains.
int runCommand(const AgainCommand& command, const Program& program) {
  auto bulk = command.bulk;
  if (!bulk.dryRun && !isOutputOpen()) {
    printError("leptir again: standard output is closed, so the new ids could not be printed: nothing was pushed");
    return base::kExitUsageError;
  }
  const bool beginsWithId = !bulk.ids.empty() && !bulk.all && bulk.selection.isEmpty();
  const auto parameters = std::find_if(bulk.ids.begin() + (beginsWithId ? 1 : 0), bulk.ids.end(),
                                       [](const auto& word) { return word.find('=') != word.npos; });
  const std::vector<std::string> changed(parameters, bulk.ids.end());
  bulk.ids.erase(parameters, bulk.ids.end());
  auto parameterChanges = changed.empty() ? Result<std::string>(std::string()) : parseParameters("", changed);
  if (!parameterChanges) {
    printError("leptir again: {}", parameterChanges.error().message());
    return base::kExitUsageError;
  }
  return runBulkAction({.command = "again",
                        .verb = "push again",
                        .done = "pushed again",
                        .action = {.kind = TaskAction::Kind::Again, .parameterChanges = std::move(*parameterChanges)},
                        .state = bulk.ids.empty() ? std::optional(stateOf(bulk.selection)) : std::nullopt},
                       bulk, program);
}

}  // namespace leptir::cli
