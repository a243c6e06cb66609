#include "cli/task_table.h"

#include "cli/operate.h"
#include "cli/table.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

Colour colourOf(ListedState state) {
  switch (state) {
    case ListedState::Buried:
    case ListedState::Failed:
      return Colour::Red;
    case ListedState::Leased:
    case ListedState::Cancelled:
      return Colour::Yellow;
    case ListedState::Done:
      return Colour::Green;
    default:
      return Colour::None;
  }
}

Json textJson(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

void printTasks(std::span<const ListedTask> tasks, Time now) {
  Table table({{.title = "id", .leastWidth = kMinIdWidth},
               {.title = "name", .leastWidth = 8},
               {.title = "state"},
               {.title = "when (UTC)", .leaveOutRank = 4},
               {.title = "when", .align = Column::Align::Right},
               {.title = "tries", .align = Column::Align::Right, .leaveOutRank = 2},
               {.title = "broker", .leaveOutRank = 3, .leastWidth = 6},
               {.title = "reason", .leaveOutRank = 1, .leastWidth = 12}});
  for (const auto& task : tasks)
    table.add({task.id,
               task.name.empty() ? "-" : task.name,
               {std::string(nameOf(task.state)), colourOf(task.state)},
               absoluteTime(task.time),
               relativeTime(task.time, now),
               std::to_string(task.attempts),
               task.broker.empty() ? "-" : task.broker,
               task.reason});
  table.print();
}

Json taskJson(const ListedTask& task) {
  if (!task.record.is_null()) return task.record;
  Json json{{"id", task.id},
            {"name", textJson(task.name)},
            {"state", nameOf(task.state)},
            {"broker", task.broker},
            {"due", timeJson(task.time)},
            {"attempts", task.attempts},
            {"reason", textJson(task.reason)},
            {"pushed", nullptr},
            {"expires", nullptr}};
  if (task.pushed) json["pushed"] = timeJson(*task.pushed);
  if (task.expires) json["expires"] = timeJson(*task.expires);
  return json;
}

}  // namespace leptir::cli
