// leptir queues
#include <fmt/format.h>

#include <iostream>

#include "base/duration_text.h"
#include "cli/broker_pauses.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/print.h"
#include "cli/table.h"

namespace leptir::cli {
namespace {

Json queuePausesJson(const QueueView& queue) {
  Json json = Json::array();
  for (const auto& pause : queue.pauses)
    json.push_back(
        {{"name", pause.name.empty() ? Json() : Json(pause.name)}, {"by", pause.by}, {"since", timeJson(pause.since)}});
  return json;
}

Json queueJson(const QueueView& queue) {
  Json json{{"name", queue.name},
            {"type", queue.type},
            {"priority", queue.priority},
            {"due", nullptr},
            {"scheduled", nullptr},
            {"leased", nullptr},
            {"buried", nullptr},
            {"oldestDue", nullptr},
            {"paused", nullptr},
            {"pauses", nullptr},
            {"instances", nullptr},
            {"donePerSecond", queue.donePerSecond ? Json(*queue.donePerSecond) : Json()},
            {"failedPerSecond", queue.failedPerSecond ? Json(*queue.failedPerSecond) : Json()},
            {"emptyIn", queue.emptyIn ? Json(std::chrono::duration<double>(*queue.emptyIn).count()) : Json()},
            {"cannot", queue.cannot}};
  if (queue.counts)
    json.update({{"due", queue.counts->due},
                 {"scheduled", queue.counts->scheduled},
                 {"leased", queue.counts->leased},
                 {"buried", queue.counts->buried},
                 {"paused", queue.isPaused()},
                 {"pauses", queuePausesJson(queue)},
                 {"instances", queue.instances}});
  else
    json["error"] = queue.counts.error().message();
  if (queue.oldestDue) json["oldestDue"] = std::chrono::duration<double>(*queue.oldestDue).count();
  return json;
}

// "paused", "2 names", "-"
Cell pauseCell(const QueueView& queue) {
  if (queue.isPaused()) return {"paused", Colour::Yellow};
  if (queue.pauses.empty()) return "-";
  return {queue.pauses.size() == 1 ? "1 name" : fmt::format("{} names", queue.pauses.size()), Colour::Yellow};
}

Cell buriedCell(std::uint64_t buried) {
  return {std::to_string(buried), buried > 0 ? Colour::Red : Colour::None};
}

std::string rateText(const std::optional<double>& perSecond) {
  if (!perSecond) return "-";
  const int digits = *perSecond >= 100 ? 0 : *perSecond >= 1 || *perSecond == 0 ? 1 : 2;
  return fmt::format("{:.{}f}/s", *perSecond, digits);
}

Cell failedCell(const std::optional<double>& perSecond) {
  return {rateText(perSecond), perSecond.value_or(0) > 0 ? Colour::Red : Colour::None};
}

void addRow(Table& table, const QueueView& queue) {
  const bool known = queue.counts.has_value();
  const auto count = [&](std::uint64_t TaskCounts::* of) {
    return known ? std::to_string((*queue.counts).*of) : std::string("?");
  };
  table.add({queue.name, queue.type, std::to_string(queue.priority), count(&TaskCounts::due),
             queue.oldestDue ? base::durationText(*queue.oldestDue) : "-", count(&TaskCounts::scheduled),
             count(&TaskCounts::leased), known ? buriedCell(queue.counts->buried) : Cell("?"),
             rateText(queue.donePerSecond), failedCell(queue.failedPerSecond),
             queue.emptyIn ? base::durationText(*queue.emptyIn) : "-", known ? pauseCell(queue) : Cell("?"),
             known ? std::to_string(queue.instances) : "?"});
}

void printPauses(const QueueView& queue, Time now) {
  for (const auto& pause : queue.pauses)
    printEscapedLine(pauseText(queue.name, pause.name, pause.by, pause.since, now));
}

void printTable(const std::vector<QueueView>& queues) {
  using enum Column::Align;
  Table table({{.title = "broker", .leastWidth = 8},
               {.title = "type", .leaveOutRank = 9},
               {.title = "priority", .align = Right, .leaveOutRank = 8},
               {.title = "due", .align = Right},
               {.title = "oldest due", .align = Right},
               {.title = "scheduled", .align = Right, .leaveOutRank = 6},
               {.title = "leased", .align = Right, .leaveOutRank = 3},
               {.title = "buried", .align = Right},
               {.title = "done", .align = Right, .leaveOutRank = 4},
               {.title = "failed", .align = Right, .leaveOutRank = 5},
               {.title = "empty in", .align = Right, .leaveOutRank = 7},
               {.title = "paused", .leaveOutRank = 1},
               {.title = "instances", .align = Right, .leaveOutRank = 2}});
  for (const auto& queue : queues) addRow(table, queue);
  table.print();
  const auto now = systemClock().now();
  for (const auto& queue : queues) printPauses(queue, now);
}

// Prints the errors of stores that did not answer, and a notice for each thing that another store cannot tell. Returns
// the exit status.
int printErrors(const std::vector<QueueView>& queues) {
  std::cout << std::flush;
  std::size_t failed = 0;
  for (const auto& queue : queues) {
    if (!queue.counts) {
      fail(queue.counts.error());
      ++failed;
    }
    for (const auto& sentence : queue.cannot) printNoticeLine(sentence);
  }
  if (failed == 0) return base::kExitDone;
  return failed == queues.size() ? base::kExitStoreUnusable : base::kExitPartlyDone;
}

}  // namespace

int runCommand(const QueuesCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto queues = operations.queues();
    if (command.json) {
      Json json{{"queues", Json::array()}};
      for (const auto& queue : queues) json["queues"].push_back(queueJson(queue));
      std::cout << jsonForOutput(json) << '\n';
    } else {
      printTable(queues);
    }
    return printErrors(queues);
  });
}

}  // namespace leptir::cli
