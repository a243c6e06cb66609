#include "cli/task_text.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "cli/operate.h"
#include "cli/record_text.h"
#include "cli/task_table.h"
#include "cli/time_words.h"

namespace leptir::cli {
namespace {

std::string line(std::string_view title, const std::string& value) {
  return value.empty() ? "" : fmt::format("  {:<13} {}\n", title, base::escaped(value));
}

std::string countersText(const Counters& counters) {
  return fmt::format("{} failures, {} crashes, {} expired leases", counters.failures, counters.crashes,
                     counters.expiries);
}

std::string queuedText(const ListedTask& task, Time now) {
  auto text = fmt::format("{} {}\n", base::escaped(task.name.empty() ? "-" : task.name), base::escaped(task.id));
  text += line("state", std::string(nameOf(task.state)));
  text += line("broker", task.broker);
  text += line("reason", task.reason);
  text += line("due", wholeTime(task.time, now));
  if (task.pushed) text += line("pushed", wholeTime(*task.pushed, now));
  if (task.expires) text += line("expires", wholeTime(*task.expires, now));
  text += line("so far", countersText(task.counters));
  return text + line("envelope", task.envelope);
}

}  // namespace

Json runningJson(const RunningTask& task) {
  return {{"began", timeJson(task.began)},
          {"progress", task.progress},
          {"text", task.progressText},
          {"attempt", task.attempt}};
}

std::string detailsText(const TaskDetails& details, Time now) {
  std::string text;
  if (details.queued) text += queuedText(*details.queued, now);
  if (details.running)
    text +=
        line("runs at", fmt::format("instance {}, since {}", details.instance, wholeTime(details.running->began, now)));
  if (!details.record.is_null()) text += "last run: " + recordText(details.record, now);
  return text;
}

Json detailsJson(const TaskDetails& details) {
  Json json{{"id", details.id},
            {"queued", nullptr},
            {"record", details.record},
            {"instance", details.instance.empty() ? Json() : Json(details.instance)},
            {"running", nullptr}};
  if (details.queued) {
    json["queued"] = taskJson(*details.queued);
    json["queued"]["envelope"] = details.queued->envelope;
  }
  if (details.running) json["running"] = runningJson(*details.running);
  return json;
}

}  // namespace leptir::cli
