#include "cli/push_line.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <set>

#include "base/escape.h"
#include "base/utf8.h"
#include "cli/push_envelope.h"
#include "cli/push_input.h"
#include "task/json_members.h"
#include "task/json_reader.h"
#include "task/json_text.h"

namespace leptir {
namespace {

Error invalid(std::string message) {
  return Error(ErrorCode::Invalid, std::move(message));
}

// A key of a line with its value, as it stands and as it reads.
struct Member {
  std::string key;
  std::string_view text;
  Json value;

  Error mustBe(std::string_view what) const {
    return invalid(fmt::format("'{}' must be {}, not {}", key, what, inQuotes(text)));
  }
};

std::optional<std::int64_t> wholeNumber(const Json& value) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargest) return std::nullopt;
  return value.get<std::int64_t>();
}

Result<void> takeText(const Member& member, std::string& text) {
  if (!member.value.is_string()) return member.mustBe("text");
  text = member.value.get<std::string>();
  return {};
}

Result<void> takeName(const Member& member, TaskToPush& task) {
  return takeText(member, task.name);
}

Result<void> takeId(const Member& member, TaskToPush& task) {
  auto taken = takeText(member, task.options.id);
  if (!taken || !task.options.id.empty()) return taken;
  return Error(ErrorCode::Invalid, "the id is empty: leave it out, and leptir makes one");
}

Result<void> takeBroker(const Member& member, TaskToPush& task) {
  return takeText(member, task.options.broker);
}

Result<void> takeParameters(const Member& member, TaskToPush& task) {
  const bool isEmptyList = member.text.starts_with('[') && withoutJsonBlanks(member.text.substr(1)) == "]";
  if (!member.text.starts_with('{') && !isEmptyList) return member.mustBe("an object");
  task.parametersText = member.text;
  return {};
}

// A line's own time takes the place of a time or delay of the command line.
Result<void> takeDelay(const Member& member, TaskToPush& task) {
  const auto delay = member.value.is_number() ? parseDelay(member.value.get<double>()) : std::nullopt;
  if (!delay) return member.mustBe("a number of seconds from 0 to 1e11");
  task.options.delay = *delay;
  task.options.timeOfExecution.reset();
  return {};
}

Result<void> takeTime(const Member& member, TaskToPush& task) {
  if (!member.value.is_string() && !member.value.is_number()) return member.mustBe("a time");
  auto time = parseTime(member.value.is_string() ? member.value.get<std::string>() : std::string(member.text));
  if (!time) return time.error();
  task.options.timeOfExecution = *time;
  task.options.delay = {};
  return {};
}

Result<void> takePriority(const Member& member, TaskToPush& task) {
  const auto priority = wholeNumber(member.value);
  if (!priority) return member.mustBe("a whole number of 64 bits");
  task.options.priority = *priority;
  return {};
}

Result<void> takeTimeLimit(const Member& member, TaskToPush& task) {
  const auto limit = wholeNumber(member.value);
  if (!limit || *limit < 0) return member.mustBe("a whole number of seconds, not below 0");
  task.options.timeLimitSeconds = *limit;
  return {};
}

Result<void> takeMaxAttempts(const Member& member, TaskToPush& task) {
  const auto attempts = wholeNumber(member.value);
  if (!attempts || *attempts < 1 || *attempts > std::numeric_limits<std::uint32_t>::max()) {
    return member.mustBe("a whole number from 1 to 4294967295");
  }
  task.options.maxAttempts = static_cast<std::uint32_t>(*attempts);
  return {};
}

using Take = Result<void> (*)(const Member&, TaskToPush&);

Take takerOf(std::string_view key) {
  static const std::map<std::string_view, Take> kTakers{
      {"name", takeName}, {"parameters", takeParameters},   {"delaySeconds", takeDelay},
      {"at", takeTime},   {"priority", takePriority},       {"timeLimit", takeTimeLimit},
      {"id", takeId},     {"maxAttempts", takeMaxAttempts}, {"broker", takeBroker}};
  const auto found = kTakers.find(key);
  return found == kTakers.end() ? nullptr : found->second;
}

Result<TaskToPush> parseOptions(std::string_view line, const PushOptions& defaults) {
  TaskToPush task{.options = defaults};
  std::set<std::string> seen;
  for (JsonMembers members(line); members.next();) {
    Member member{jsonTextValue(members.key()), members.value(), {}};
    if (!seen.insert(member.key).second) return standsTwice(member.key);
    const auto take = takerOf(member.key);
    if (take == nullptr) {
      return invalid("unknown key " + inQuotes(member.key) +
                     ": known are name, parameters, delaySeconds, at, priority, timeLimit, maxAttempts, id, broker");
    }
    if (take != takeParameters) member.value = parseJson(member.text).value_or(Json());
    if (auto taken = take(member, task); !taken) return taken.error();
  }
  if (seen.contains("at") && seen.contains("delaySeconds"))
    return invalid("'at' and 'delaySeconds' exclude each other");
  if (task.name.empty()) return invalid("'name' is missing");
  return task;
}

Result<void> addArgument(std::string& parameters, const std::string& argument) {
  const auto equals = argument.find('=');
  if (equals == std::string::npos || equals == 0 || argument.starts_with(":=")) {
    return invalid("'" + argument + "' is no parameter: write key=text or key:=JSON");
  }
  const bool isJson = argument[equals - 1] == ':';
  const auto key = argument.substr(0, isJson ? equals - 1 : equals);
  const auto text = argument.substr(equals + 1);
  if (!isUtf8(argument)) return invalid("parameter " + inQuotes(key) + " is not UTF-8");
  std::string value;
  if (!isJson) appendJsonText(text, value);
  if (isJson) value = withoutJsonBlanks(text);
  if (auto fine = checkJson(value); !fine) {
    return invalid("parameter " + inQuotes(key) + " is no JSON: " + fine.error().message() +
                   " (key=text takes it as text)");
  }
  parameters = withMember(parameters, key, value);
  return {};
}

}  // namespace

Result<std::string> parseParameters(std::string_view json, const std::vector<std::string>& arguments) {
  std::string parameters = "{}";
  if (!json.empty()) {
    if (auto fine = checkJson(json); !fine) return fine.error().in("--json");
    parameters = withoutJsonBlanks(json);
    if (!parameters.starts_with('{')) return invalid("--json must be an object, as in --json='{\"width\": 640}'");
  }
  for (const auto& argument : arguments) {
    if (auto added = addArgument(parameters, argument); !added) return added.error();
  }
  return parameters;
}

Result<TaskToPush> parsePushLine(std::string_view line, const PushOptions& defaults) {
  line = withoutJsonBlanks(line);
  if (auto fine = checkJson(line); !fine) return fine.error();
  if (!line.starts_with('{')) return invalid("a line must be a JSON object, as in {\"name\": \"noop\"}");
  return memberOf(line, "cn") ? parsePushEnvelope(line, defaults) : parseOptions(line, defaults);
}

}  // namespace leptir
