#include "cli/task_pages.h"

#include <iostream>

#include "base/exit_code.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/task_table.h"

namespace leptir::cli {

void printCursor(std::string_view command, const std::string& cursor) {
  std::cout << std::flush;
  if (!cursor.empty()) printError("leptir {}: there may be more; the next page: --cursor={}", command, cursor);
}

int listTasks(std::string_view command, Operations& operations, const TaskSelection& selection,
              const WantedPage& wanted, bool json) {
  std::vector<ListedTask> tasks;
  std::vector<Error> unable;
  const auto rest = readPages(
      wanted.cursor, wanted.limit,
      [&](const std::string& at, std::size_t most) { return operations.tasks(selection, at, most, wanted.order); },
      [&](TaskPage page) {
        std::ranges::move(page.tasks, std::back_inserter(tasks));
        std::ranges::move(page.unable, std::back_inserter(unable));
        return tasks.size();
      });
  if (!rest) return failOperation(command, rest.error());
  if (json) {
    for (const auto& task : tasks) std::cout << jsonForOutput(taskJson(task)) << '\n';
  } else {
    printTasks(tasks, systemClock().now());
  }
  printCursor(command, *rest);
  return printStoreErrors(unable);
}

}  // namespace leptir::cli
