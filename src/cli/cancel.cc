// leptir cancel
#include "cli/bulk_action.h"
#include "cli/commands.h"

namespace leptir::cli {

int runCommand(const CancelCommand& command, const Program& program) {
  return runBulkAction({.command = "cancel",
                        .verb = "cancel",
                        .done = "cancelled",
                        .action = {.kind = TaskAction::Kind::Cancel},
                        .notFound = "nothing to cancel"},
                       command.bulk, program);
}

}  // namespace leptir::cli
