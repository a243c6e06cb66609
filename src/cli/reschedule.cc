// leptir reschedule
#include "base/time_text.h"
#include "cli/bulk_action.h"
#include "cli/commands.h"
#include "cli/number_of.h"
#include "cli/print.h"
#include "cli/push_time.h"
#include "cli/time_option.h"

namespace leptir::cli {
namespace {

int usageError(std::string_view message) {
  printError("leptir reschedule: {}", message);
  return base::kExitUsageError;
}

}  // namespace

int runCommand(const RescheduleCommand& command, const Program& program) {
  if (command.at.empty() == command.delaySeconds.empty())
    return usageError("to when? Give --at=TIME or --delaySeconds=S");
  const auto delay = parseDelay(numberOf<double>(command.delaySeconds).value_or(0));
  const auto now = systemClock().now();
  const auto due =
      command.at.empty() ? Result<Time>(now + *delay) : readTime(command.at, now, UnsignedDuration::IsRefused);
  if (!due) return usageError("--at: " + due.error().message());
  const auto done = "due at " + base::timeText(*due);
  return runBulkAction({.command = "reschedule",
                        .verb = "reschedule",
                        .done = done,
                        .action = {.kind = TaskAction::Kind::Reschedule, .due = *due},
                        .notFound = "nothing to reschedule"},
                       command.bulk, program);
}

}  // namespace leptir::cli
