#include "leptir/spi/meta_info.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iterator>

#include "meta/json_merge.h"
#include "meta/record_keys.h"
#include "task/json_text.h"

namespace leptir {
namespace {

namespace key = meta::key;
using namespace std::string_view_literals;

// Appends the name of the next field, with a comma before it. Written in one piece: a record has a dozen of them.
void appendKey(std::string& text, std::string_view key) {
  const auto at = text.size();
  text.append(key.size() + 4, ':');
  text[at] = ',';
  text[at + 1] = text[at + 2 + key.size()] = '"';
  key.copy(&text[at + 2], key.size());
}

// Like PHP writes a float: the shortest digits that parse back to the same value, without ".0", or `1.0e-5`. NaN and
// infinity become 0.
void appendFloat(std::string& text, double value) {
  if (!std::isfinite(value)) value = 0;
  char buffer[32];
  const std::string_view digits(buffer, fmt::format_to(buffer, FMT_COMPILE("{}"), value) - buffer);
  const auto e = digits.find('e');
  text += digits.substr(0, e);
  if (e == std::string_view::npos) return;
  if (digits.find('.') == std::string_view::npos) text += ".0";
  text += 'e' + std::to_string(std::stoi(std::string(digits.substr(e + 1))));
}

// Appends `before` and then `number` with exactly `count` digits, padded with zeros.
void appendDigits(std::string& text, char before, std::int64_t number, int count) {
  char digits[8];
  for (int i = count; i > 0; --i, number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  digits[0] = before;
  text.append(digits, static_cast<std::size_t>(count) + 1);
}

// Unix seconds with all six digits of the fraction, so that the value is exact and always a float.
void appendUnixSeconds(std::string& text, Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  task::appendInteger(seconds.time_since_epoch().count(), text);
  appendDigits(text, '.', (time - seconds).count(), 6);
}

// The JSON form of a PHP DateTime, always in UTC.
void appendPhpDate(std::string& text, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  text += R"({"date":)"sv;
  appendDigits(text, '"', static_cast<int>(date.year()), 4);
  appendDigits(text, '-', static_cast<unsigned>(date.month()), 2);
  appendDigits(text, '-', static_cast<unsigned>(date.day()), 2);
  appendDigits(text, ' ', clock.hours().count(), 2);
  appendDigits(text, ':', clock.minutes().count(), 2);
  appendDigits(text, ':', clock.seconds().count(), 2);
  appendDigits(text, '.', clock.subseconds().count(), 6);
  text += R"(","timezone_type":3,"timezone":"UTC"})"sv;
}

void addText(std::string& text, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  appendKey(text, key);
  task::appendJsonText(value, text);
}

void addInteger(std::string& text, std::string_view key, std::int64_t value) {
  if (value == 0) return;
  appendKey(text, key);
  task::appendInteger(value, text);
}

void addFloat(std::string& text, std::string_view key, double value) {
  if (value == 0) return;
  appendKey(text, key);
  appendFloat(text, value);
}

void addTime(std::string& text, std::string_view key, const std::optional<Time>& time) {
  if (!time) return;
  appendKey(text, key);
  appendUnixSeconds(text, *time);
}

void addList(std::string& text, std::string_view key, const std::vector<std::string>& list) {
  if (list.empty()) return;
  appendKey(text, key);
  text += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += ',';
    task::appendJsonText(list[i], text);
  }
  text += ']';
}

// Text that is not valid JSON is written as a JSON string, so that the record stays valid.
void addJson(std::string& text, std::string_view key, const std::string& json) {
  if (json.empty()) return;
  if (!parseJson(json, kMaxJsonDepth - 1)) return addText(text, key, json);
  appendKey(text, key);
  text += json;
}

void addHistory(std::string& text, const std::vector<PastAttempt>& history) {
  if (history.empty()) return;
  appendKey(text, key::kHistory);
  char separator = '[';
  for (const auto& past : history) {
    fmt::format_to(std::back_inserter(text), R"({}{{"attempt":{},"cause":)", separator, past.attempt);
    task::appendJsonText(past.cause, text);
    fmt::format_to(std::back_inserter(text), R"(,"retC":{},"exStart":)", past.returnCode);
    appendFloat(text, past.started);
    text += R"(,"exTime":)";
    appendFloat(text, past.executionTime);
    text += '}';
    separator = ',';
  }
  text += ']';
}

void appendFieldsOfPhpLeptir(const MetaInfo& info, std::string& text) {
  text += R"({"id":)"sv;
  task::appendJsonText(info.id, text);
  addInteger(text, key::kStatus, static_cast<int>(info.status));
  addInteger(text, key::kReturnCode, static_cast<int>(info.returnCode));
  appendKey(text, key::kExecutionTime);
  if (info.status == TaskStatus::InProgress) {
    text += "0.0";  // readers of PHP leptir's records expect a float; PHP itself would write 0
  } else {
    appendFloat(text, info.executionTime);
  }
  appendKey(text, key::kResponse);
  task::appendJsonText(info.response, text);
  appendKey(text, key::kType);
  task::appendJsonText(info.type, text);
  appendKey(text, key::kStarted);
  appendPhpDate(text, info.started);
}

void appendOwnFields(const MetaInfo& info, std::string& text) {
  addInteger(text, key::kLease, static_cast<std::int64_t>(info.lease));
  if (info.step == MetaStep::Running) addInteger(text, key::kStep, static_cast<int>(info.step));
  addInteger(text, key::kAttempt, info.attempt);
  addText(text, key::kCause, info.cause);
  addText(text, key::kHost, info.host);
  addInteger(text, key::kPid, info.pid);
  addTime(text, key::kPushed, info.pushed);
  addTime(text, key::kEnded, info.ended);
  addFloat(text, key::kCpuTime, info.cpuTime);
  addInteger(text, key::kMaxRss, static_cast<std::int64_t>(info.maxRss));
  addInteger(text, key::kSignal, info.signal);
  addList(text, key::kStack, info.stack);
  addText(text, key::kStderr, info.stderrTail);
  addList(text, key::kFlow, info.flow);
  addJson(text, key::kResult, info.result);
  addHistory(text, info.history);
  addText(text, key::kEnvelope, info.envelope);
}

// Merges the additional fields into the record, which is `text` from `start` on without its closing brace.
void mergeAdditional(const std::string& additional, std::string& text, std::size_t start) {
  auto added = parseJson(additional);
  if (!added || !added->is_object()) return addText(text, "additional", additional);
  for (const auto* ours : {key::kId, key::kLease, key::kStep}) added->erase(ours);
  const auto merged = meta::mergeJsonObjects(text.substr(start) + "}", writeJson(*added));
  text.resize(start);
  text += merged;
  text.pop_back();  // the caller appends the closing brace
}

}  // namespace

void writeMetaInfo(const MetaInfo& info, std::string& text) {
  const auto start = text.size();
  appendFieldsOfPhpLeptir(info, text);
  appendOwnFields(info, text);
  if (!info.additional.empty()) mergeAdditional(info.additional, text, start);
  text += '}';
}

}  // namespace leptir
