// leptir run-now
#include "cli/bulk_action.h"
#include "cli/commands.h"

namespace leptir::cli {

int runCommand(const RunNowCommand& command, const Program& program) {
  return runBulkAction({.command = "run-now",
                        .verb = "make due",
                        .done = "due now",
                        .action = {.kind = TaskAction::Kind::RunNow},
                        .notFound = "nothing to run"},
                       command.bulk, program);
}

}  // namespace leptir::cli
