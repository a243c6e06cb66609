// Decodes envelopes (envelope.h). It accepts what PHP leptir would run, and returns Corrupt for what would end PHP
// leptir's daemon.
#include "task/envelope.h"

#include "base/saturated.h"
#include "base/task_names.h"
#include "task/envelope_counters.h"
#include "task/json_reader.h"
#include "task/php_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace leptir::task {
namespace {

using simdjson::error_code;
using Kind = JsonItem::Kind;

// What has been read of an envelope. A later duplicate of a key replaces the earlier value, so values are checked only
// at the end of the envelope.
struct ParsedEnvelope {
  EnvelopeHead head;
  Kind cn = Kind::Null;
  Kind td = Kind::Null;
};

std::int64_t clampedSeconds(std::int64_t seconds) {
  return std::clamp(seconds, -kMaxTimeSpan.count(), kMaxTimeSpan.count());
}

std::uint32_t countFrom(const JsonItem& item) {
  return base::saturatedCast<std::uint32_t>(item.kind == Kind::Number ? phpIntval(item) : 0);
}

// 0, "", null, false and [] mean no time, as in PHP.
std::optional<Time> timeOfExecution(const JsonItem& item) {
  const auto seconds = clampedSeconds(phpIntval(item));
  if (seconds == 0) return {};
  return Time(std::chrono::seconds(seconds));
}

std::optional<Time> pushedAt(const JsonItem& item) {
  const double seconds = numberOrZero(item);
  if (seconds == 0 || std::abs(seconds) > static_cast<double>(kMaxTimeSpan.count())) return {};
  return Time(Duration(std::llround(seconds * 1e6)));
}

// An `expires` that says no time is ignored, so that a producer's mistake loses no task.
std::optional<Time> expiry(const JsonItem& item) {
  constexpr auto kMax = static_cast<double>(kMaxTimeSpan.count());
  const double seconds = std::clamp(phpArithmeticFloat(item), -kMax, kMax);
  if (seconds == 0) return {};
  return Time(Duration(std::llround(seconds * 1e6)));
}

// A `trace` that is not a valid traceparent is ignored, so that a producer's mistake loses no task.
std::optional<base::Traceparent> traceIn(const JsonItem& item) {
  return item.kind == Kind::Text ? base::Traceparent::parse(item.text) : std::nullopt;
}

std::string_view taskNameFrom(const JsonItem& item) {
  auto name = item.kind == Kind::Text ? item.text : std::string_view();
  if (name.starts_with('\\')) name.remove_prefix(1);
  return name;
}

void readName(const JsonItem& item, ParsedEnvelope& parsed) {
  parsed.cn = item.kind;
  parsed.head.name = taskNameFrom(item);
}

void readField(std::string_view key, const JsonItem& item, ParsedEnvelope& parsed) {
  auto& head = parsed.head;
  if (key == "cn") readName(item, parsed);
  if (key == "tl")
    head.timeLimitSeconds = std::clamp<std::int64_t>(phpArithmeticInteger(item), 0, kMaxTimeSpan.count());
  if (key == "toex") head.timeOfExecution = timeOfExecution(item);
  if (key == "at") head.counters.failures = countFrom(item);
  if (key == "cr") head.counters.crashes = countFrom(item);
  if (key == "ex") head.counters.expiries = countFrom(item);
  if (key == "un") head.counters.unknown = countFrom(item);
  if (key == "ma") head.maxAttempts = countFrom(item);
  if (key == "ts") head.pushedAt = pushedAt(item);
  if (key == "expires") head.expires = expiry(item);
  if (key == "trace") head.trace = traceIn(item);
}

// Calls `read` with the key and the value of each member of an object, until it returns an error.
template <class Read>
error_code forEachMember(JsonReader::Object& object, Read read) {
  for (auto entry : object) {
    std::string_view key;
    if (const auto error = JsonReader::keyOf(entry, key)) return error;
    if (const error_code error = read(key, JsonReader::valueOf(entry))) return error;
  }
  return simdjson::SUCCESS;
}

template <class Read>
error_code forEachMemberOf(JsonReader& reader, std::string_view envelope, Read read) {
  if (const auto error = reader.open(envelope)) return error;
  JsonReader::Object members;
  if (const auto error = reader.document().get_object().get(members)) return error;
  return forEachMember(members, read);
}

error_code readId(JsonReader& reader, JsonReader::Value& value, std::string& id) {
  JsonItem item;
  const auto error = reader.read(value, 2, item);
  if (error == simdjson::SUCCESS) id = phpStrval(item);
  return error;
}

// Reads the id in `td`. PHP leptir also accepts a list as `td`, which has no id.
error_code readTd(JsonReader& reader, JsonReader::Value& value, ParsedEnvelope& parsed) {
  parsed.head.id.clear();
  simdjson::ondemand::json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == simdjson::ondemand::json_type::object) {
    parsed.td = Kind::Object;
    JsonReader::Object data;
    if (const auto error = value.get_object().get(data)) return error;
    return forEachMember(data, [&](std::string_view key, JsonReader::Value& member) {
      return key == "id" ? readId(reader, member, parsed.head.id) : reader.check(member, 2);
    });
  }
  JsonItem item;
  const auto error = reader.read(value, 1, item);
  parsed.td = item.kind;
  return error;
}

error_code readEnvelope(JsonReader& reader, std::string_view envelope, ParsedEnvelope& parsed) {
  const auto error = forEachMemberOf(reader, envelope, [&](std::string_view key, JsonReader::Value& value) {
    if (key == "td") return readTd(reader, value, parsed);
    JsonItem item;
    const auto unread = reader.read(value, 1, item);
    if (unread == simdjson::SUCCESS) readField(key, item, parsed);
    return unread;
  });
  return error ? error : reader.expectEnd();
}

// Why a JSON object is no envelope; empty if it is an envelope.
std::string whyNoEnvelope(const ParsedEnvelope& parsed) {
  if (parsed.cn != Kind::Text || parsed.head.name.empty()) return "`cn` is no task name";
  if (const auto name = base::checkTaskName(parsed.head.name); !name) return "`cn`: " + name.error().message();
  if (!parsed.head.id.empty()) {
    if (const auto id = base::checkTaskId(parsed.head.id); !id) return "`td.id`: " + id.error().message();
  }
  if (parsed.td != Kind::Object && parsed.td != Kind::List) return "`td` is no object";
  return {};
}

bool isTooLarge(std::string_view envelope) {
  return envelope.size() > kMaxEnvelopeBytes + kMaxBytesAddedByStores;
}

Error corruptEnvelopeError(std::string why) {
  return Error(ErrorCode::Corrupt, std::move(why)).in("no envelope");
}

std::string_view normalizedParameters(std::string_view json) {
  const bool none = json.empty() || json == "null";
  const bool emptyList = json.starts_with('[') && json.find_first_not_of(" \t\n\r", 1) == json.size() - 1;
  return none || emptyList ? std::string_view("{}") : json;
}

error_code readCallData(JsonReader& reader, JsonReader::Value& value, TaskCall& call, std::string_view& parameters) {
  JsonReader::Object data;
  call.id.clear();
  parameters = {};
  if (value.get_object().get(data) != simdjson::SUCCESS) return simdjson::SUCCESS;  // a list: no id, no parameters
  return forEachMember(data, [&](std::string_view key, JsonReader::Value& member) -> error_code {
    if (key == "id") return readId(reader, member, call.id);
    return key == "parameters" ? simdjson::to_json_string(member).get(parameters) : simdjson::SUCCESS;
  });
}

bool isKeyOfCall(std::string_view key, PushTimeReading pushTimeReading) {
  if (key == "ts") return pushTimeReading == PushTimeReading::Read;
  return key == "cn" || key == "expires" || key == "trace";
}

// The last of duplicate keys counts, as in readEnvelope.
error_code readCall(JsonReader& reader, std::string_view envelope, PushTimeReading pushTimeReading, TaskCall& call,
                    std::string_view& parameters) {
  return forEachMemberOf(reader, envelope, [&](std::string_view key, JsonReader::Value& value) -> error_code {
    if (key == "td") return readCallData(reader, value, call, parameters);
    if (!isKeyOfCall(key, pushTimeReading)) return simdjson::SUCCESS;
    JsonItem item;
    if (const auto unread = reader.read(value, 1, item)) return unread;
    if (key == "cn") call.name = taskNameFrom(item);
    if (key == "expires") call.expires = expiry(item);
    if (key == "trace") call.trace = traceIn(item);
    if (key == "ts") call.pushedAt = pushedAt(item);
    return simdjson::SUCCESS;
  });
}

}  // namespace

Result<EnvelopeHead> decodeEnvelope(std::string_view envelope) {
  if (isTooLarge(envelope)) {
    return corruptEnvelopeError(fmt::format("{} bytes, more than {}", envelope.size(), kMaxEnvelopeBytes));
  }
  auto& reader = JsonReader::ofThisThread();
  ParsedEnvelope parsed;
  if (const auto error = readEnvelope(reader, envelope, parsed)) {
    return corruptEnvelopeError(describeJsonError(error, envelope));
  }
  if (auto why = whyNoEnvelope(parsed); !why.empty()) return corruptEnvelopeError(std::move(why));
  return std::move(parsed.head);
}

std::string idInMalformed(std::string_view bytes) {
  if (auto id = findIdWithoutParsing(bytes); !id.empty()) return id;
  ParsedEnvelope parsed;
  if (isTooLarge(bytes) || readEnvelope(JsonReader::ofThisThread(), bytes, parsed) != simdjson::SUCCESS) return {};
  return base::checkTaskId(parsed.head.id) ? std::move(parsed.head.id) : std::string();
}

Result<TaskCall> decodeTaskCall(std::string_view envelope, PushTimeReading pushTimeReading) {
  TaskCall call;
  std::string_view parameters;
  if (const auto error = readCall(JsonReader::ofThisThread(), envelope, pushTimeReading, call, parameters)) {
    return corruptEnvelopeError(describeJsonError(error, envelope));
  }
  call.parameters = normalizedParameters(parameters);
  return call;
}

}  // namespace leptir::task
