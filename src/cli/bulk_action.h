// An action on tasks as a command: it previews, asks, runs with progress, and reports.
#pragma once

#include <optional>
#include <string_view>

#include "cli/operating_commands.h"
#include "leptir/operations.h"
#include "leptir/run_main.h"

namespace leptir::cli {

struct BulkAction {
  std::string_view command{};  // as the user called it: "cancel", "buried delete"
  std::string_view verb{};     // "cancel": for questions
  std::string_view done{};     // "cancelled"
  TaskAction action{};
  std::optional<ListedState> state{};  // the state of the tasks that it selects; nullopt: as --state says
  std::string_view notFound{};         // for one id that is in no queue: "nothing to cancel"
};

// Returns the exit status: 0 done, 1 partly, 2 usage or not confirmed, 4 no task, 69 a store.
int runBulkAction(const BulkAction& action, const BulkOptions& options, const Program& program);

}  // namespace leptir::cli
