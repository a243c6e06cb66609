// leptir tasks
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/escape.h"
#include "base/nearest_word.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/record_text.h"
#include "cli/sort_order.h"
#include "cli/table.h"
#include "cli/task_pages.h"
#include "cli/task_selection.h"

namespace leptir::cli {
namespace {

Colour colourOf(const std::string& outcome) {
  if (outcome == "success") return Colour::Green;
  const bool isError = outcome != "in progress" && outcome != "pending" && outcome != "warning";
  return isError ? Colour::Red : Colour::Yellow;
}

void printRecords(const std::vector<Json>& records) {
  using enum Column::Align;
  Table table({{.title = "when (UTC)", .leaveOutRank = 2},
               {.title = "id", .leastWidth = kMinIdWidth},
               {.title = "name", .leastWidth = 8},
               {.title = "outcome"},
               {.title = "attempt", .align = Right, .leaveOutRank = 4},
               {.title = "took", .align = Right, .leaveOutRank = 3},
               {.title = "response", .leaveOutRank = 1, .leastWidth = 12}});
  for (const auto& record : records) {
    auto summary = recordSummary(record);
    const auto colour = colourOf(summary.outcome);
    table.add({std::move(summary.when),
               std::move(summary.id),
               std::move(summary.name),
               {std::move(summary.outcome), colour},
               std::move(summary.attempt),
               std::move(summary.took),
               std::move(summary.response)});
  }
  table.print();
}

void printJson(const std::vector<Json>& records) {
  for (const auto& record : records) std::cout << jsonForOutput(record) << '\n';
  std::cout << std::flush;
}

void printHintForName(const std::string& name, const Config& config, const Program& program) {
  auto names = program.tasks.names();
  for (const auto& [ofProgram, spec] : config.programs) names.push_back(ofProgram);
  if (std::ranges::count(names, name) > 0) return;
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto hint = base::didYouMean(name, known);
  printError("leptir tasks: no record has the task name {}{}", base::inQuotes(name), hint.empty() ? hint : ": " + hint);
}

int printNoRecordsYet(const TasksCommand& command, const Error& why) {
  if (!command.json) printRecords({});
  printError("leptir tasks: no records yet: {}", why.message());
  return base::kExitDone;
}

// Says why a list without records may be a mistake of its caller. Returns the exit status.
int explainEmptyList(const MetaFilter& filter, const Config& config, const Program& program) {
  if (const auto unknown = unknownCause(filter.cause)) {
    printError("leptir tasks: {}", *unknown);
    return base::kExitUsageError;
  }
  if (!filter.name.empty()) printHintForName(filter.name, config, program);
  return base::kExitDone;
}

struct Listing {
  std::vector<Json> records;
  bool listsSuccesses = true;
};

int printListing(const TasksCommand& command, const Listing& listing, const std::string& cursor) {
  if (command.json) {
    printJson(listing.records);
  } else {
    printRecords(listing.records);
  }
  printCursor("tasks", cursor);
  if (!command.json && !listing.listsSuccesses)
    printError(
        "This meta storage lists only tasks that leptir ran and that did not succeed, and no tasks that PHP ran; "
        "'leptir info ID' shows the record of any task.");
  return base::kExitDone;
}

// The records of all tasks, also of those that run or wait for a retry.
int listRecords(const TasksCommand& command, const TaskSelection& selection, std::optional<ListOrder> order,
                Operations& operations, const Config& config, const Program& program) {
  warnIfNotRecorded(config);
  if (config.metaStorages.empty()) return base::kExitPartlyDone;
  const MetaFilter filter{.name = selection.name,
                          .cause = selection.cause,
                          .idPrefix = selection.idPrefix,
                          .savedFrom = selection.since,
                          .savedBefore = selection.until,
                          .order = order.value_or(ListOrder::LatestFirst)};
  Listing listing;
  const auto cursor = readPages(
      command.cursor, command.limit,
      [&](const std::string& at, std::size_t most) { return operations.records(filter, at, most); },
      [&](RecordPage page) {
        listing.listsSuccesses = page.listsSuccesses;
        std::ranges::move(page.records, std::back_inserter(listing.records));
        return listing.records.size();
      });
  if (!cursor && cursor.error().code() == ErrorCode::NotFound) return printNoRecordsYet(command, cursor.error());
  if (!cursor && cursor.error().code() == ErrorCode::Invalid) return failOperation("tasks", cursor.error());
  if (!cursor && cursor.error().code() == ErrorCode::Unsupported) return fail(cursor.error());
  if (!cursor) return failStore(cursor.error());
  const int status = listing.records.empty() ? explainEmptyList(filter, config, program) : base::kExitDone;
  return status == base::kExitDone ? printListing(command, listing, *cursor) : status;
}

SortedList sortedListOf(const TaskSelection& selection, bool inQueues) {
  const bool isOver = selection.state && !isInQueue(*selection.state);
  if (!inQueues || isOver) return SortedList::Records;
  const bool isBuried = selection.state == ListedState::Buried || !selection.reasonContains.empty();
  return isBuried ? SortedList::Buried : SortedList::Queue;
}

}  // namespace

int runCommand(const TasksCommand& command, const Program& program) {
  const auto selection = selectionOf(command.selection, systemClock().now());
  if (!selection) return failOperation("tasks", selection.error());
  const bool inQueues = selection->state || !selection->broker.empty() || !selection->reasonContains.empty();
  const auto order = sortOrderOf(command.sort, sortedListOf(*selection, inQueues));
  if (!order) return failOperation("tasks", order.error());
  return operate(command.config, program, [&](Operations& operations, const Config& config) {
    const WantedPage page{.cursor = command.cursor, .limit = command.limit, .order = *order};
    return inQueues ? listTasks("tasks", operations, *selection, page, command.json)
                    : listRecords(command, *selection, *order, operations, config, program);
  });
}

}  // namespace leptir::cli
