#include "operations/cancel_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <string_view>
#include <utility>

#include "base/task_names.h"
#include "leptir/json.h"
#include "operations/process_text.h"

namespace leptir::operations {
namespace {

constexpr std::string_view kNotePrefix = "cancels/";
constexpr std::size_t kTimeDigits = 20;
// A note stands in several texts, since it may be longer than a text can be.
constexpr std::size_t kNotePartBytes = std::size_t{60} << 10;
constexpr std::size_t kNotePartsPerList = 16;
static_assert(kNotePartBytes <= kMaxFleetValueBytes);

bool storeKeepsNoNotes(const Error& error) {
  return error.code() == ErrorCode::Unsupported || isMissing(error);
}

// `cancels/<microseconds, 20 digits>-<random, 8 hex digits>`: the oldest are listed first.
std::string newNoteName(Time now) {
  return fmt::format("{}{:020}-{:08x}", kNotePrefix, std::max<std::int64_t>(now.time_since_epoch().count(), 0),
                     std::random_device()());
}

std::string keyOfNotePart(const std::string& name, std::size_t part) {
  return fmt::format("{}/{:06}", name, part);
}

Json jsonOf(const FoundTask& task) {
  const auto& counters = task.counters;
  return {{"id", task.id},
          {"due", task.due.time_since_epoch().count()},
          {"counters", {counters.failures, counters.crashes, counters.expiries, counters.unknown}},
          {"envelope", task.envelope}};
}

std::string textOf(const Stores& stores, Time now, const std::vector<FoundTask>& tasks) {
  Json json{{"process", textOfThisProcess(stores.by)},
            {"by", stores.by},
            {"at", now.time_since_epoch().count()},
            {"tasks", Json::array()}};
  for (const auto& task : tasks) json["tasks"].push_back(jsonOf(task));
  return writeJson(json);
}

// Any program that reaches the store may have written the note: a member of another type makes a task, or the note,
// count as none.
std::optional<FoundTask> taskOf(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  FoundTask task{.id = textMember(json, "id"), .envelope = textMember(json, "envelope")};
  const auto due = json.value("due", Json()), counters = json.value("counters", Json());
  if (!base::checkTaskId(task.id) || !due.is_number_integer()) return std::nullopt;
  const bool areCounters =
      counters.is_array() && counters.size() == 4 &&
      std::ranges::all_of(counters, [](const Json& counter) { return counter.is_number_unsigned(); });
  if (!areCounters) return std::nullopt;
  task.due = Time(Duration(due.get<std::int64_t>()));
  task.counters = {.failures = counters[0].get<std::uint32_t>(),
                   .crashes = counters[1].get<std::uint32_t>(),
                   .expiries = counters[2].get<std::uint32_t>(),
                   .unknown = counters[3].get<std::uint32_t>()};
  return task;
}

std::optional<CancelNote> noteOf(const std::string& text) {
  const auto json = parseJson(text);
  if (!json || !json->is_object()) return std::nullopt;
  const auto at = json->value("at", Json()), tasks = json->value("tasks", Json());
  if (!at.is_number_integer() || !tasks.is_array()) return std::nullopt;
  CancelNote note{.process = textMember(*json, "process"),
                  .by = textMember(*json, "by"),
                  .at = Time(Duration(at.get<std::int64_t>()))};
  for (const auto& one : tasks) {
    if (auto task = taskOf(one)) note.tasks.push_back(std::move(*task));
  }
  return note;
}

}  // namespace

Result<std::string> writeCancelNote(Stores& stores, std::size_t broker, const std::vector<FoundTask>& tasks) {
  const auto now = stores.clock->now();
  const auto name = newNoteName(now);
  const auto text = textOf(stores, now, tasks);
  const auto written = askFleet(stores, broker, [&](FleetStore& fleet) -> Result<void> {
    for (std::size_t at = 0, part = 0; at < text.size(); at += kNotePartBytes, ++part) {
      const auto value = std::string_view(text).substr(at, kNotePartBytes);
      if (auto put = fleet.put(keyOfNotePart(name, part), value, kCancelNoteLifetime); !put) return put;
    }
    return {};
  });
  if (written) return name;
  if (storeKeepsNoNotes(written.error())) return std::string();
  return written.error().in("no further task is cancelled, since the tasks cannot be noted first");
}

// The first part first: without it, what is left of the note counts as incomplete.
Result<void> eraseCancelNote(Stores& stores, std::size_t broker, const std::string& name) {
  if (name.empty()) return {};
  return askFleet(stores, broker, [&](FleetStore& fleet) -> Result<void> {
    for (std::size_t part = 0;; ++part) {
      const auto erased = fleet.erase(keyOfNotePart(name, part));
      if (!erased) return erased.error();
      if (!*erased) break;
    }
    for (;;) {  // of a note whose erasure was cut off
      const auto left = fleet.list(name + "/", "", 1);
      if (!left) return left.error();
      if (left->empty()) return {};
      if (const auto erased = fleet.erase(left->front().key); !erased) return erased.error();
    }
  });
}

Result<std::vector<std::string>> cancelNotesAt(Stores& stores, std::size_t broker) {
  auto names = askFleet(stores, broker, [&](FleetStore& fleet) -> Result<std::vector<std::string>> {
    std::vector<std::string> found;
    for (std::string after;;) {
      const auto next = fleet.list(kNotePrefix, after, 1);
      if (!next) return next.error();
      if (next->empty()) return found;
      const auto& key = next->front().key;
      found.push_back(key.substr(0, key.find('/', kNotePrefix.size())));
      after = found.back() + "/~";  // behind its parts
    }
  });
  if (!names && storeKeepsNoNotes(names.error())) return std::vector<std::string>();
  return names;
}

Result<std::optional<CancelNote>> readCancelNote(Stores& stores, std::size_t broker, const std::string& name) {
  const auto text = askFleet(stores, broker, [&](FleetStore& fleet) -> Result<std::string> {
    std::string joined;
    for (std::string after;;) {
      const auto parts = fleet.list(name + "/", after, kNotePartsPerList);
      if (!parts) return parts.error();
      for (const auto& part : *parts) joined += part.value;
      if (parts->size() < kNotePartsPerList) return joined;
      after = parts->back().key;
    }
  });
  if (!text) return text.error();
  return noteOf(*text);
}

bool isStaleCancelNote(const std::string& name, Time now) {
  std::int64_t at = 0;
  const auto digits = std::string_view(name).substr(std::min(kNotePrefix.size(), name.size())).substr(0, kTimeDigits);
  std::from_chars(digits.data(), digits.data() + digits.size(), at);
  return now - Time(Duration(at)) > kMaxSliceCancelTime;
}

}  // namespace leptir::operations
