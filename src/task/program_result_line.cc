#include "task/program_result_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/escape.h"
#include "leptir/outcome.h"
#include "task/json_members.h"
#include "task/json_reader.h"

namespace leptir::task {
namespace {

// How much of a wrong value a message quotes, in bytes.
constexpr std::size_t kMaxQuotedBytes = 60;

std::optional<std::string> textOf(std::string_view value) {
  return value.starts_with('"') ? std::optional(jsonStringValue(value)) : std::nullopt;
}

std::optional<double> numberOf(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() ? std::optional(number) : std::nullopt;
}

// The functions below set the field of one key to its value, a JSON text. False: the value is of another kind.
using ValueSetter = bool (*)(std::string_view value, ProgramResultLine& line);

bool setProgress(std::string_view value, ProgramResultLine& line) {
  const auto number = numberOf(value);
  if (!number || *number < 0 || *number > 1) return false;
  line.progress = number;
  return true;
}

bool setResult(std::string_view value, ProgramResultLine& line) {
  line.result = value;
  return true;
}

bool setRetryAfter(std::string_view value, ProgramResultLine& line) {
  const auto seconds = numberOf(value);
  if (!seconds || *seconds < 0) return false;
  constexpr std::chrono::duration<double> kMaxDelay = kMaxRetryDelay;
  line.retryAfter = std::chrono::duration_cast<Duration>(std::min(std::chrono::duration<double>(*seconds), kMaxDelay));
  return true;
}

bool setLevel(std::string_view value, ProgramResultLine& line) {
  const auto level = textOf(value);
  if (level == "error") return line.level = LogLevel::Error, true;
  if (level == "warning") return line.level = LogLevel::Warning, true;
  if (level == "info") return line.level = LogLevel::Info, true;
  if (level == "debug") return line.level = LogLevel::Debug, true;
  return false;
}

template <std::optional<std::string> ProgramResultLine::* field>
bool setText(std::string_view value, ProgramResultLine& line) {
  line.*field = textOf(value);
  return (line.*field).has_value();
}

struct ResultLineKey {
  std::string_view name;
  ValueSetter set;
  std::string_view expected;  // for messages
};

constexpr ResultLineKey kResultLineKeys[] = {
    {"progress", setProgress, "a number from 0 to 1"},
    {"text", setText<&ProgramResultLine::text>, "a text"},
    {"result", setResult, "a value"},
    {"response", setText<&ProgramResultLine::response>, "a text"},
    {"state", setText<&ProgramResultLine::state>, "a text"},
    {"retry_after", setRetryAfter, "a number of seconds, 0 or more"},
    {"discard", setText<&ProgramResultLine::discard>, "a text, the reason"},
    {"log", setText<&ProgramResultLine::log>, "a text"},
    {"level", setLevel, "\"error\", \"warning\", \"info\" or \"debug\""},
};

std::string knownKeys() {
  std::string names;
  for (const auto& key : kResultLineKeys) names.append(names.empty() ? "" : ", ").append(key.name);
  return names;
}

void setMember(const std::string& name, std::string_view value, ProgramResultLine& line) {
  const auto* key = std::ranges::find(kResultLineKeys, name, &ResultLineKey::name);
  if (key == std::end(kResultLineKeys)) {
    line.mistakes.push_back(fmt::format("unknown key {}; the keys are {}", base::inQuotes(name), knownKeys()));
    return;
  }
  const bool isLeftOut = value == "null" && name != "result";
  if (isLeftOut || key->set(value, line)) return;
  line.mistakes.push_back(
      fmt::format("'{}' must be {}, not {}", name, key->expected, base::inQuotes(value, kMaxQuotedBytes)));
}

// Finds keys that contradict each other, or that mean nothing without another key.
void checkKeyCombinations(ProgramResultLine& line) {
  if (line.retryAfter && line.discard) {
    line.mistakes.emplace_back("'retry_after' and 'discard' exclude each other; the task is discarded");
    line.retryAfter.reset();
  }
  if (line.text && !line.progress) line.mistakes.emplace_back("'text' belongs to 'progress', which the line lacks");
}

}  // namespace

ProgramResultLine parseProgramResultLine(std::string_view line) {
  ProgramResultLine parsed;
  const auto json = withoutJsonBlanks(line);
  if (const auto checked = checkJson(json); !checked) {
    parsed.mistakes.push_back(checked.error().message());
  } else if (!json.starts_with('{')) {
    parsed.mistakes.emplace_back(R"(no JSON object, such as {"progress": 0.5})");
  } else {
    for (JsonMembers members(json); members.next();) setMember(jsonStringValue(members.key()), members.value(), parsed);
    checkKeyCombinations(parsed);
  }
  return parsed;
}

}  // namespace leptir::task
