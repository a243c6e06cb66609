#include "cli/push_envelope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <span>

#include "base/escape.h"
#include "base/traceparent.h"
#include "cli/number_of.h"
#include "cli/push_error.h"
#include "leptir/spi/broker_task.h"
#include "task/envelope.h"
#include "task/json_members.h"
#include "task/json_text.h"

namespace leptir::cli {
namespace {

constexpr std::array<std::string_view, 13> kEnvelopeKeys{"cn", "pr", "tl", "toex", "td",      "at",   "cr",
                                                         "ex", "un", "ma", "ts",   "expires", "trace"};
constexpr std::array<std::string_view, 2> kTaskDataKeys{"id", "parameters"};

Result<void> checkKeys(std::string_view object, std::span<const std::string_view> known, std::string_view where) {
  std::set<std::string> seen;
  for (task::JsonMembers members(object); members.next();) {
    const auto key = task::jsonStringValue(members.key());
    if (std::ranges::find(known, key) == known.end())
      return invalidInput(
          fmt::format("unknown key {} {}: known are {}", base::inQuotes(key), where, fmt::join(known, ", ")));
    if (!seen.insert(key).second) return repeatedKeyError(key);
  }
  return {};
}

// Whether the JSON text is 0, null, false, "" or [], which mean "not set" for PHP.
bool isUnsetForPhp(std::string_view value) {
  constexpr std::array<std::string_view, 5> kZeros{"0", "null", "false", "\"\"", "[]"};
  const bool isEmptyList = value.starts_with('[') && task::withoutJsonBlanks(value.substr(1)) == "]";
  return isEmptyList || std::ranges::find(kZeros, value) != kZeros.end();
}

// PHP may write a number as a JSON string.
std::string_view withoutQuotes(std::string_view value) {
  const bool isText = value.size() > 1 && value.starts_with('"') && value.ends_with('"');
  return isText ? value.substr(1, value.size() - 2) : value;
}

bool isSeconds(std::string_view value, double least) {
  const auto seconds = numberOf<double>(withoutQuotes(value));
  return seconds && *seconds >= least && *seconds <= static_cast<double>(kMaxTimeSpan.count());
}

struct Rule {
  std::string_view key, mustBe;
  bool (*holds)(std::string_view value);
};

// The values that envelope keys may have. Consumers convert values as PHP does and ignore what they cannot convert.
constexpr Rule kRules[] = {
    {"pr", "a whole number of 64 bits",
     [](std::string_view value) { return numberOf<std::int64_t>(withoutQuotes(value)).has_value(); }},
    {"tl", "a number of seconds from 0 to 1e11", [](std::string_view value) { return isSeconds(value, 0); }},
    {"toex", "Unix seconds within 1e11 of 1970",
     [](std::string_view value) { return isSeconds(value, -static_cast<double>(kMaxTimeSpan.count())); }},
    {"expires", "Unix seconds within 1e11 of 1970",
     [](std::string_view value) { return isSeconds(value, -static_cast<double>(kMaxTimeSpan.count())); }},
    {"ma", "a whole number from 1 to 4294967295",
     [](std::string_view value) { return numberOf<std::uint32_t>(value).has_value(); }},
    {"trace", "a traceparent of W3C Trace Context",
     [](std::string_view value) { return base::Traceparent::parse(withoutQuotes(value)).has_value(); }}};

Result<void> checkValues(std::string_view envelope) {
  for (const auto& rule : kRules) {
    const auto value = task::memberOf(envelope, rule.key);
    if (!value || isUnsetForPhp(*value) || rule.holds(*value)) continue;
    return invalidInput(
        fmt::format("{} must be {}, not {}", base::inQuotes(rule.key), rule.mustBe, base::inQuotes(*value)));
  }
  return {};
}

Result<void> check(std::string_view envelope) {
  if (auto fine = checkKeys(envelope, kEnvelopeKeys, "in an envelope"); !fine) return fine;
  if (auto fine = checkKeys(task::memberOf(envelope, "td").value_or("{}"), kTaskDataKeys, "in 'td'"); !fine)
    return fine;
  return checkValues(envelope);
}

}  // namespace

Result<TaskToPush> parsePushEnvelope(std::string_view envelope, const PushOptions& defaults) {
  auto head = task::decodeEnvelope(envelope);
  if (!head) return head.error();
  if (auto fine = check(envelope); !fine) return fine.error();
  auto call = task::decodeTaskCall(envelope);
  if (!call) return call.error();

  TaskToPush task{.name = std::move(head->name), .options = defaults, .parametersText = std::move(call->parameters)};
  auto& options = task.options;
  options.id = std::move(head->id);
  if (head->timeLimitSeconds != 0) options.timeLimitSeconds = head->timeLimitSeconds;
  if (head->maxAttempts != 0) options.maxAttempts = head->maxAttempts;
  if (const auto priority = task::memberOf(envelope, "pr"))
    options.priority = numberOf<std::int64_t>(withoutQuotes(*priority)).value_or(defaults.priority);
  if (head->expires) {
    options.expires = head->expires;
    options.expiresAfter = {};
  }
  if (head->trace) options.traceparent = head->trace->text();
  if (head->timeOfExecution) {
    options.timeOfExecution = head->timeOfExecution;
    options.delay = {};
  }
  return task;
}

}  // namespace leptir::cli
