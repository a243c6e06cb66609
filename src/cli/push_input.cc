#include "cli/push_input.h"

#include <date/date.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <locale>
#include <set>
#include <sstream>

#include "base/saturated.h"

namespace leptir {
namespace {

constexpr auto kMostSeconds = static_cast<double>(kFarthest.count());  // before or after 1970, or from now

constexpr std::size_t kDateAndTime = std::string_view("2026-11-23T18:00:00").size();

Error invalid(std::string message) {
  return Error(ErrorCode::Invalid, std::move(message));
}

std::optional<Time> parseUnixSeconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(std::abs(seconds) <= kMostSeconds))
    return std::nullopt;
  return timeFromUnixSeconds(seconds);
}

// Two digits, at most `highest`.
std::optional<int> twoDigits(std::string_view text, int highest) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool isNumber = text.size() == 2 && error == std::errc() && end == text.data() + 2 && text[0] != '-';
  return isNumber && number <= highest ? std::optional(number) : std::nullopt;
}

// What stands behind the time of day: Z, +01:00 or +0100, up to 23:59. Taken off `text`.
std::optional<std::chrono::minutes> takeOffset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return std::chrono::minutes(0);
  }
  const auto sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign < kDateAndTime) return std::nullopt;
  const auto offset = text.substr(sign + 1);
  const auto minutesAt = offset.size() == 5 && offset[2] == ':' ? 3u : 2u;
  if (offset.size() != minutesAt + 2) return std::nullopt;
  const auto hours = twoDigits(offset.substr(0, 2), 23), minutes = twoDigits(offset.substr(minutesAt), 59);
  if (!hours || !minutes) return std::nullopt;
  const auto length = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  const bool west = text[sign] == '-';
  text = text.substr(0, sign);
  return west ? -length : length;
}

std::optional<Time> parseRfc3339(std::string_view whole) {
  auto local = whole;
  const auto offset = takeOffset(local);
  if (!offset || local.size() < kDateAndTime) return std::nullopt;
  std::string text(local);
  if (text[10] == 't' || text[10] == ' ') text[10] = 'T';
  std::istringstream stream(text);
  stream.imbue(std::locale::classic());
  Time time;
  stream >> date::parse("%FT%T", time);
  if (stream.fail() || stream.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return time - *offset;
}

Result<void> addArgument(Json& parameters, const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || argument.starts_with(":=")) {
    return invalid("'" + argument + "' is no parameter: write key=text or key:=JSON");
  }
  const bool isJson = argument[equals - 1] == ':';
  const auto key = argument.substr(0, isJson ? equals - 1 : equals);
  const auto text = argument.substr(equals + 1);
  if (!isJson) {
    parameters[key] = text;
    return {};
  }
  auto value = parseJson(text);
  if (!value)
    return invalid("parameter '" + key + "' is no JSON: " + value.error().message() + " (key=text takes it as text)");
  parameters[key] = std::move(*value);
  return {};
}

std::optional<std::int64_t> wholeNumber(const Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return value.get<std::int64_t>();
}

// The keys of a line, each with what it sets; answers what is wrong, or nothing.
Result<void> takeKey(TaskToPush& task, const std::string& key, const Json& value) {
  const auto mustBe = [&](const char* what) {
    return invalid("'" + key + "' must be " + what + ", not " + writeJson(value).substr(0, 60));
  };
  if (key == "name") {
    if (!value.is_string()) return mustBe("text");
    task.name = value.get<std::string>();
  } else if (key == "parameters") {
    if (!value.is_object() && !(value.is_array() && value.empty())) return mustBe("an object");
    if (value.is_object()) task.parameters = value;
  } else if (key == "delaySeconds") {
    const auto delay = value.is_number() ? parseDelay(value.get<double>()) : std::nullopt;
    if (!delay) return mustBe("a number of seconds from 0 to 1e11");
    task.options.delay = *delay;
  } else if (key == "at") {
    if (!value.is_string() && !value.is_number()) return mustBe("a time");
    auto time = parseTime(value.is_string() ? value.get<std::string>() : writeJson(value));
    if (!time) return time.error();
    task.options.timeOfExecution = *time;
  } else if (key == "priority") {
    const auto priority = wholeNumber(value);
    if (!priority) return mustBe("a whole number of 64 bits");
    task.options.priority = *priority;
  } else if (key == "timeLimit") {
    const auto limit = wholeNumber(value);
    if (!limit || *limit < 0) return mustBe("a whole number of seconds, not below 0");
    task.options.timeLimitSeconds = *limit;
  } else if (key == "id") {
    if (!value.is_string()) return mustBe("text");
    task.options.id = value.get<std::string>();
  } else {
    return invalid("unknown key '" + key + "': known are name, parameters, delaySeconds, at, priority, timeLimit, id");
  }
  return {};
}

}  // namespace

Result<Time> parseTime(std::string_view text) {
  if (const auto time = parseUnixSeconds(text)) return *time;
  if (const auto time = parseRfc3339(text)) return *time;
  return invalid("'" + std::string(text) + "' is no time: write RFC 3339 (2026-11-23T18:00:00Z) or Unix seconds");
}

std::optional<Duration> parseDelay(double seconds) {
  if (!(seconds >= 0 && seconds <= kMostSeconds)) return std::nullopt;
  return durationFromSeconds(seconds);
}

Result<Json> parseParameters(std::string_view json, const std::vector<std::string>& arguments) {
  Json parameters = Json::object();
  if (!json.empty()) {
    auto parsed = parseJson(json);
    if (!parsed) return parsed.error().in("--json");
    if (!parsed->is_object()) return invalid("--json must be an object, as in --json='{\"width\": 640}'");
    parameters = std::move(*parsed);
  }
  for (const auto& argument : arguments) {
    if (auto added = addArgument(parameters, argument); !added) return added.error();
  }
  return parameters;
}

Result<TaskToPush> parsePushLine(std::string_view line) {
  auto json = parseJson(line);
  if (!json) return json.error();
  if (!json->is_object()) return invalid("a line must be a JSON object, as in {\"name\": \"noop\"}");
  TaskToPush task;
  for (const auto& [key, value] : json->items()) {
    if (auto taken = takeKey(task, key, value); !taken) return taken.error();
  }
  if (task.name.empty()) return invalid("'name' is missing");
  if (json->contains("at") && json->contains("delaySeconds"))
    return invalid("'at' and 'delaySeconds' exclude each other");
  return task;
}

}  // namespace leptir
