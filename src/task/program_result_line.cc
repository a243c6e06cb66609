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
constexpr std::size_t kQuotedBytes = 60;

std::optional<std::string> textOf(std::string_view value) {
  return value.starts_with('"') ? std::optional(jsonTextValue(value)) : std::nullopt;
}

std::optional<double> numberOf(std::string_view value) {
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  return error == std::errc() && end == value.data() + value.size() ? std::optional(number) : std::nullopt;
}

// The functions below take the value of one key, as JSON text. They return whether it is of the expected kind.
using Take = bool (*)(std::string_view value, ProgramResultLine& line);

bool takeProgress(std::string_view value, ProgramResultLine& line) {
  const auto number = numberOf(value);
  if (!number || *number < 0 || *number > 1) return false;
  line.progress = number;
  return true;
}

bool takeResult(std::string_view value, ProgramResultLine& line) {
  line.result = value;
  return true;
}

bool takeRetryAfter(std::string_view value, ProgramResultLine& line) {
  const auto seconds = numberOf(value);
  if (!seconds || *seconds < 0) return false;
  constexpr std::chrono::duration<double> kMaxDelay = kMaxRetryDelay;
  line.retryAfter = std::chrono::duration_cast<Duration>(std::min(std::chrono::duration<double>(*seconds), kMaxDelay));
  return true;
}

bool takeLevel(std::string_view value, ProgramResultLine& line) {
  const auto level = textOf(value);
  if (level == "error") return line.level = LogLevel::Error, true;
  if (level == "warning") return line.level = LogLevel::Warning, true;
  if (level == "info") return line.level = LogLevel::Info, true;
  if (level == "debug") return line.level = LogLevel::Debug, true;
  return false;
}

template <std::optional<std::string> ProgramResultLine::* field>
bool takeText(std::string_view value, ProgramResultLine& line) {
  line.*field = textOf(value);
  return (line.*field).has_value();
}

struct Key {
  std::string_view name;
  Take take;
  std::string_view expected;  // for messages
};

constexpr Key kKeys[] = {
    {"progress", takeProgress, "a number from 0 to 1"},
    {"text", takeText<&ProgramResultLine::text>, "a text"},
    {"result", takeResult, "a value"},
    {"response", takeText<&ProgramResultLine::response>, "a text"},
    {"state", takeText<&ProgramResultLine::state>, "a text"},
    {"retry_after", takeRetryAfter, "a number of seconds, 0 or more"},
    {"discard", takeText<&ProgramResultLine::discard>, "a text, the reason"},
    {"log", takeText<&ProgramResultLine::log>, "a text"},
    {"level", takeLevel, "\"error\", \"warning\", \"info\" or \"debug\""},
};

std::string knownKeys() {
  std::string names;
  for (const auto& key : kKeys) names.append(names.empty() ? "" : ", ").append(key.name);
  return names;
}

void takeMember(const std::string& name, std::string_view value, ProgramResultLine& line) {
  const auto* key = std::ranges::find(kKeys, name, &Key::name);
  if (key == std::end(kKeys)) {
    line.mistakes.push_back(fmt::format("unknown key {}; the keys are {}", base::inQuotes(name), knownKeys()));
    return;
  }
  const bool isLeftOut = value == "null" && name != "result";
  if (isLeftOut || key->take(value, line)) return;
  line.mistakes.push_back(
      fmt::format("'{}' must be {}, not {}", name, key->expected, base::inQuotes(value, kQuotedBytes)));
}

// Finds keys that contradict each other, or that mean nothing without another key.
void checkTogether(ProgramResultLine& line) {
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
    for (JsonMembers members(json); members.next();) takeMember(jsonTextValue(members.key()), members.value(), parsed);
    checkTogether(parsed);
  }
  return parsed;
}

}  // namespace leptir::task
