// leptir names
#include <fmt/format.h>

#include <iostream>

#include "base/duration_text.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/time_words.h"
#include "leptir/task_registry.h"

namespace leptir::cli {
namespace {

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Json nameJson(const NameStatistics& name) {
  return {{"name", name.name},
          {"instances", name.instances},
          {"paused", name.isPaused},
          {"runs", name.runs},
          {"failed", name.failed},
          {"cancelled", name.cancelled},
          {"median", name.runs > 0 ? Json(seconds(name.median)) : Json()},
          {"p95", name.runs > 0 ? Json(seconds(name.p95)) : Json()},
          {"worst", name.runs > 0 ? Json(seconds(name.worst)) : Json()},
          {"lastEnded", name.lastEnded ? timeJson(*name.lastEnded) : Json()}};
}

// Every program that calls addTestTasks has them, that of the package too.
bool isUnusedTestTask(const NameStatistics& name) {
  return isTestTask(name.name) && name.runs == 0 && !name.isPaused;
}

std::string failedText(const NameStatistics& name) {
  return name.runs == 0 ? "-"
                        : fmt::format("{} ({:.1f} %)", name.failed,
                                      100.0 * static_cast<double>(name.failed) / static_cast<double>(name.runs));
}

std::string timeText(const NameStatistics& name, Duration time) {
  return name.runs == 0 ? "-" : base::durationText(time);
}

void printTable(const NamesView& view, Time now) {
  using enum Column::Align;
  Table table({{.title = "name", .leastWidth = 12},
               {.title = "instances", .align = Right, .leaveOutRank = 2},
               {.title = "runs", .align = Right},
               {.title = "failed", .align = Right},
               {.title = "cancelled", .align = Right, .leaveOutRank = 7},
               {.title = "median", .align = Right, .leaveOutRank = 4},
               {.title = "95 %", .align = Right, .leaveOutRank = 3},
               {.title = "longest", .align = Right, .leaveOutRank = 6},
               {.title = "last ended", .align = Right, .leaveOutRank = 5},
               {.title = "paused", .leaveOutRank = 1}});
  for (const auto& name : view.names)
    table.add({name.name.empty() ? "-" : name.name,
               std::to_string(name.instances),
               std::to_string(name.runs),
               {failedText(name), name.failed > 0 ? Colour::Red : Colour::None},
               name.runs == 0 ? "-" : std::to_string(name.cancelled),
               timeText(name, name.median),
               timeText(name, name.p95),
               timeText(name, name.worst),
               name.lastEnded ? relativeTime(*name.lastEnded, now) : "-",
               {name.isPaused ? "paused" : "", Colour::Yellow}});
  table.print();
}

// What the numbers are of, on stderr.
void printBasis(const NamesView& view, Time now) {
  std::cout << std::flush;
  if (!view.readsAll && view.oldest)
    printError("The numbers are of the newest {} records, back to {}; --records=N reads more.", view.records,
               wholeTime(*view.oldest, now));
  if (!view.readsSuccesses)
    printError("This meta storage lists no records of successful tasks, so only failures are counted.");
}

}  // namespace

int runCommand(const NamesCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    auto view = operations.names(command.records);
    if (!view) return failOperation("names", view.error());
    const auto leftOut = command.all ? 0 : std::erase_if(view->names, isUnusedTestTask);
    const auto now = systemClock().now();
    if (command.json) {
      Json json{{"names", Json::array()},
                {"records", view->records},
                {"oldest", view->oldest ? timeJson(*view->oldest) : Json()},
                {"readsAll", view->readsAll},
                {"readsSuccesses", view->readsSuccesses},
                {"errors", errorsJson(view->unable)}};
      for (const auto& name : view->names) json["names"].push_back(nameJson(name));
      std::cout << jsonForOutput(json) << '\n';
    } else {
      printTable(*view, now);
      printBasis(*view, now);
      if (leftOut > 0) printError("The test tasks of leptir that never ran are left out; --all shows them.");
    }
    std::cout << std::flush;
    return printStoreErrors(view->unable);
  });
}

}  // namespace leptir::cli
