#include "cli/push_line.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <set>

#include "base/escape.h"
#include "base/utf8.h"
#include "cli/push_envelope.h"
#include "cli/push_error.h"
#include "cli/push_time.h"
#include "cli/time_option.h"
#include "task/json_members.h"
#include "task/json_reader.h"
#include "task/json_text.h"

namespace leptir::cli {
namespace {

// A key of the line with its value: `text` as written, `value` parsed.
struct Member {
  std::string key;
  std::string_view text;
  Json value;

  Error mustBe(std::string_view what) const {
    return invalidInput(fmt::format("'{}' must be {}, not {}", key, what, base::inQuotes(text)));
  }
};

std::optional<std::int64_t> wholeNumberIn(const Json& value) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargest) return std::nullopt;
  return value.get<std::int64_t>();
}

Result<void> setText(const Member& member, std::string& text) {
  if (!member.value.is_string()) return member.mustBe("text");
  text = member.value.get<std::string>();
  return {};
}

Result<void> setName(const Member& member, TaskToPush& task) {
  return setText(member, task.name);
}

Result<void> setId(const Member& member, TaskToPush& task) {
  auto done = setText(member, task.options.id);
  if (!done || !task.options.id.empty()) return done;
  return invalidInput("the id is empty: leave it out, and leptir makes one");
}

Result<void> setBroker(const Member& member, TaskToPush& task) {
  return setText(member, task.options.broker);
}

// The push checks it.
Result<void> setTraceparent(const Member& member, TaskToPush& task) {
  return setText(member, task.options.traceparent);
}

Result<void> setParameters(const Member& member, TaskToPush& task) {
  const bool isEmptyList = member.text.starts_with('[') && task::withoutJsonBlanks(member.text.substr(1)) == "]";
  if (!member.text.starts_with('{') && !isEmptyList) return member.mustBe("an object");
  task.parametersText = member.text;
  return {};
}

// A time or delay of the line replaces the time or delay of the command line.
Result<void> setDelay(const Member& member, TaskToPush& task) {
  const auto delay = member.value.is_number() ? parseDelay(member.value.get<double>()) : std::nullopt;
  if (!delay) return member.mustBe("a number of seconds from 0 to 1e11");
  task.options.delay = *delay;
  task.options.timeOfExecution.reset();
  return {};
}

Result<void> setTime(const Member& member, TaskToPush& task) {
  if (!member.value.is_string() && !member.value.is_number()) return member.mustBe("a time");
  auto time = member.value.is_string()
                  ? readTime(member.value.get<std::string>(), systemClock().now(), UnsignedDuration::IsRefused)
                  : parseTime(member.text);
  if (!time) return time.error();
  task.options.timeOfExecution = *time;
  task.options.delay = {};
  return {};
}

Result<void> setExpires(const Member& member, TaskToPush& task) {
  if (!member.value.is_string() && !member.value.is_number()) return member.mustBe("a time");
  if (member.value.is_string()) return setExpiry(member.value.get<std::string>(), task.options);
  auto time = parseTime(member.text);
  if (!time) return time.error();
  task.options.expires = *time;
  task.options.expiresAfter = {};
  return {};
}

Result<void> setPriority(const Member& member, TaskToPush& task) {
  const auto priority = wholeNumberIn(member.value);
  if (!priority) return member.mustBe("a whole number of 64 bits");
  task.options.priority = *priority;
  return {};
}

Result<void> setTimeLimit(const Member& member, TaskToPush& task) {
  const auto limit = wholeNumberIn(member.value);
  if (!limit || *limit < 0) return member.mustBe("a whole number of seconds, not below 0");
  task.options.timeLimitSeconds = *limit;
  return {};
}

Result<void> setMaxAttempts(const Member& member, TaskToPush& task) {
  const auto attempts = wholeNumberIn(member.value);
  if (!attempts || *attempts < 1 || *attempts > std::numeric_limits<std::uint32_t>::max()) {
    return member.mustBe("a whole number from 1 to 4294967295");
  }
  task.options.maxAttempts = static_cast<std::uint32_t>(*attempts);
  return {};
}

using Setter = Result<void> (*)(const Member&, TaskToPush&);

Setter setterOf(std::string_view key) {
  static const std::map<std::string_view, Setter> kSetters{
      {"name", setName},       {"parameters", setParameters},   {"delaySeconds", setDelay},
      {"at", setTime},         {"priority", setPriority},       {"timeLimit", setTimeLimit},
      {"id", setId},           {"maxAttempts", setMaxAttempts}, {"broker", setBroker},
      {"expires", setExpires}, {"traceparent", setTraceparent}};
  const auto found = kSetters.find(key);
  return found == kSetters.end() ? nullptr : found->second;
}

Result<TaskToPush> parseTaskObject(std::string_view line, const PushOptions& defaults) {
  TaskToPush task{.options = defaults};
  std::set<std::string> seen;
  for (task::JsonMembers members(line); members.next();) {
    Member member{task::jsonStringValue(members.key()), members.value(), {}};
    if (!seen.insert(member.key).second) return repeatedKeyError(member.key);
    const auto setter = setterOf(member.key);
    if (setter == nullptr) {
      return invalidInput("unknown key " + base::inQuotes(member.key) +
                          ": known are name, parameters, delaySeconds, at, expires, priority, timeLimit, maxAttempts, "
                          "id, broker, traceparent");
    }
    if (setter != setParameters) member.value = parseJson(member.text).value_or(Json());
    if (auto done = setter(member, task); !done) return done.error();
  }
  if (seen.contains("at") && seen.contains("delaySeconds"))
    return invalidInput("'at' and 'delaySeconds' exclude each other");
  if (task.name.empty()) return invalidInput("'name' is missing");
  return task;
}

Result<void> addArgument(std::string& parameters, const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || argument.starts_with(":=")) {
    return invalidInput("'" + argument + "' is no parameter: write key=text or key:=JSON");
  }
  const bool isJson = argument[equals - 1] == ':';
  const auto key = argument.substr(0, isJson ? equals - 1 : equals);
  const auto text = argument.substr(equals + 1);
  if (!base::isUtf8(argument)) return invalidInput("parameter " + base::inQuotes(key) + " is not UTF-8");
  std::string value;
  if (!isJson) task::appendPhpJsonString(text, value);
  if (isJson) value = task::withoutJsonBlanks(text);
  if (auto fine = task::checkJson(value); !fine) {
    return invalidInput("parameter " + base::inQuotes(key) + " is no JSON: " + fine.error().message() +
                        " (key=text takes it as text)");
  }
  parameters = task::withMember(parameters, key, value);
  return {};
}

}  // namespace

Result<std::string> parseParameters(std::string_view json, const std::vector<std::string>& arguments) {
  std::string parameters = "{}";
  if (!json.empty()) {
    if (auto fine = task::checkJson(json); !fine) return fine.error().in("--json");
    parameters = task::withoutJsonBlanks(json);
    if (!parameters.starts_with('{')) return invalidInput("--json must be an object, as in --json='{\"width\": 640}'");
  }
  for (const auto& argument : arguments) {
    if (auto added = addArgument(parameters, argument); !added) return added.error();
  }
  return parameters;
}

Result<TaskToPush> parsePushLine(std::string_view line, const PushOptions& defaults) {
  line = task::withoutJsonBlanks(line);
  if (auto fine = task::checkJson(line); !fine) return fine.error();
  if (!line.starts_with('{')) return invalidInput("a line must be a JSON object, as in {\"name\": \"noop\"}");
  return task::memberOf(line, "cn") ? parsePushEnvelope(line, defaults) : parseTaskObject(line, defaults);
}

}  // namespace leptir::cli
