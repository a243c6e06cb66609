// The other direction of envelope.h: what a PHP consumer would run is accepted, and what would end it is said to be
// Corrupt.
#include "task/envelope.h"

#include "base/saturated.h"
#include "base/task_names.h"
#include "task/json_reader.h"
#include "task/php_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace leptir {
namespace {

using simdjson::error_code;
using Kind = JsonItem::Kind;

// A duplicate key overwrites what the first one said, so nothing is judged before the end.
struct Seen {
  EnvelopeHead head;
  Kind cn = Kind::Null;
  Kind td = Kind::Null;
};

std::int64_t clampedSeconds(std::int64_t seconds) {
  return std::clamp(seconds, -kFarthest.count(), kFarthest.count());
}

std::uint32_t count(const JsonItem& item) {
  return saturatedCast<std::uint32_t>(item.kind == Kind::Number ? phpInteger(item) : 0);
}

// 0, "", null, false and [] say no time, as PHP reads them.
std::optional<Time> timeOfExecution(const JsonItem& item) {
  const auto seconds = clampedSeconds(phpInteger(item));
  if (seconds == 0) return {};
  return Time(std::chrono::seconds(seconds));
}

std::optional<Time> pushedAt(const JsonItem& item) {
  const double seconds = phpFloat(item);
  if (seconds == 0 || std::abs(seconds) > static_cast<double>(kFarthest.count())) return {};
  return Time(Duration(std::llround(seconds * 1e6)));
}

std::string_view nameIn(const JsonItem& item) {
  auto name = item.kind == Kind::Text ? item.text : std::string_view();
  if (name.starts_with('\\')) name.remove_prefix(1);
  return name;
}

void takeName(const JsonItem& item, Seen& seen) {
  seen.cn = item.kind;
  seen.head.name = nameIn(item);
}

void takeField(std::string_view key, const JsonItem& item, Seen& seen) {
  auto& head = seen.head;
  if (key == "cn") takeName(item, seen);
  if (key == "tl") head.timeLimitSeconds = std::clamp<std::int64_t>(phpNumeric(item), 0, kFarthest.count());
  if (key == "toex") head.timeOfExecution = timeOfExecution(item);
  if (key == "at") head.counters.failures = count(item);
  if (key == "cr") head.counters.crashes = count(item);
  if (key == "ex") head.counters.expiries = count(item);
  if (key == "un") head.counters.unknown = count(item);
  if (key == "ma") head.maxAttempts = count(item);
  if (key == "ts") head.pushedAt = pushedAt(item);
}

error_code readTaskData(JsonReader& reader, JsonReader::Value& value, Seen& seen) {
  JsonReader::Object data;
  if (const auto error = value.get_object().get(data)) return error;
  for (auto entry : data) {
    std::string_view key;
    JsonItem item;
    if (const auto error = JsonReader::keyOf(entry, key)) return error;
    const bool isId = key == "id";
    if (const auto error =
            isId ? reader.read(JsonReader::valueOf(entry), 2, item) : reader.check(JsonReader::valueOf(entry), 2))
      return error;
    if (isId) seen.head.id = phpText(item);
  }
  return simdjson::SUCCESS;
}

// `td` is walked here for its id; as a list it has none.
error_code readTd(JsonReader& reader, JsonReader::Value& value, Seen& seen) {
  seen.head.id.clear();
  simdjson::ondemand::json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == simdjson::ondemand::json_type::object) {
    seen.td = Kind::Object;
    return readTaskData(reader, value, seen);
  }
  JsonItem item;
  const auto error = reader.read(value, 1, item);
  seen.td = item.kind;
  return error;
}

error_code readEnvelope(JsonReader& reader, std::string_view envelope, Seen& seen) {
  if (const auto error = reader.open(envelope)) return error;
  JsonReader::Object members;
  if (const auto error = reader.document().get_object().get(members)) return error;
  for (auto entry : members) {
    std::string_view key;
    JsonItem item;
    if (const auto error = JsonReader::keyOf(entry, key)) return error;
    if (key == "td") {
      if (const auto error = readTd(reader, JsonReader::valueOf(entry), seen)) return error;
      continue;
    }
    if (const auto error = reader.read(JsonReader::valueOf(entry), 1, item)) return error;
    takeField(key, item, seen);
  }
  return reader.finish();
}

// Why this, although JSON, is no envelope; empty when it is one.
std::string complaint(const Seen& seen) {
  if (seen.cn != Kind::Text || seen.head.name.empty()) return "`cn` is no task name";
  if (const auto name = checkTaskName(seen.head.name); !name) return "`cn`: " + name.error().message();
  if (!seen.head.id.empty()) {
    if (const auto id = checkTaskId(seen.head.id); !id) return "`td.id`: " + id.error().message();
  }
  if (seen.td != Kind::Object && seen.td != Kind::List) return "`td` is no object";
  return {};
}

Error corrupt(std::string why) {
  return Error(ErrorCode::Corrupt, std::move(why)).in("no envelope");
}

std::string_view asParameters(std::string_view json) {
  const bool none = json.empty() || json == "null";
  const bool emptyList = json.starts_with('[') && json.find_first_not_of(" \t\n\r", 1) == json.size() - 1;
  return none || emptyList ? std::string_view("{}") : json;
}

error_code readCallData(JsonReader& reader, JsonReader::Value& value, TaskCall& call, std::string_view& parameters) {
  JsonReader::Object data;
  call.id.clear();
  parameters = {};
  if (value.get_object().get(data) != simdjson::SUCCESS) return simdjson::SUCCESS;  // a list has neither
  for (auto entry : data) {
    std::string_view key;
    JsonItem id;
    if (const auto error = JsonReader::keyOf(entry, key)) return error;
    if (key == "id") {
      if (const auto error = reader.read(JsonReader::valueOf(entry), 2, id)) return error;
      call.id = phpText(id);
    } else if (key == "parameters") {
      if (const auto error = simdjson::to_json_string(JsonReader::valueOf(entry)).get(parameters)) return error;
    }
  }
  return simdjson::SUCCESS;
}

// The last of each key counts, as in readEnvelope.
error_code readCall(JsonReader& reader, std::string_view envelope, TaskCall& call, std::string_view& parameters) {
  if (const auto error = reader.open(envelope)) return error;
  JsonReader::Object members;
  if (const auto error = reader.document().get_object().get(members)) return error;
  for (auto entry : members) {
    std::string_view key;
    JsonItem name;
    if (const auto error = JsonReader::keyOf(entry, key)) return error;
    if (key == "cn") {
      if (const auto error = reader.read(JsonReader::valueOf(entry), 1, name)) return error;
      call.name = nameIn(name);
    } else if (key == "td") {
      if (const auto error = readCallData(reader, JsonReader::valueOf(entry), call, parameters)) return error;
    }
  }
  return simdjson::SUCCESS;
}

}  // namespace

Result<EnvelopeHead> decodeEnvelope(std::string_view envelope) {
  if (envelope.size() > kMaxEnvelopeBytes + kMaxAddedBytes) {
    return corrupt(fmt::format("{} bytes, more than {}", envelope.size(), kMaxEnvelopeBytes));
  }
  auto& reader = JsonReader::ofThisThread();
  Seen seen;
  if (const auto error = readEnvelope(reader, envelope, seen)) {
    return corrupt(describeJsonError(error, envelope));
  }
  if (auto why = complaint(seen); !why.empty()) return corrupt(std::move(why));
  return std::move(seen.head);
}

Result<TaskCall> callIn(std::string_view envelope) {
  TaskCall call;
  std::string_view parameters;
  if (const auto error = readCall(JsonReader::ofThisThread(), envelope, call, parameters)) {
    return corrupt(describeJsonError(error, envelope));
  }
  call.parameters = asParameters(parameters);
  return call;
}

}  // namespace leptir
