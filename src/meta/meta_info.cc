#include "leptir/spi/meta_info.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "meta/json_merge.h"
#include "meta/php_date.h"
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

void addText(std::string& text, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  appendKey(text, key);
  task::appendPhpJsonString(value, text);
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
  task::appendUnixSeconds(*time, text);
}

void addList(std::string& text, std::string_view key, const std::vector<std::string>& list) {
  if (list.empty()) return;
  appendKey(text, key);
  text += '[';
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) text += ',';
    task::appendPhpJsonString(list[i], text);
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
    task::appendPhpJsonString(past.cause, text);
    fmt::format_to(std::back_inserter(text), R"(,"retC":{},"exStart":)", past.returnCode);
    appendFloat(text, past.started);
    text += R"(,"exTime":)";
    appendFloat(text, past.executionTime);
    addText(text, key::kLog, past.log);
    text += '}';
    separator = ',';
  }
  text += ']';
}

void appendFieldsOfPhpLeptir(const MetaInfo& info, std::string& text) {
  text += R"({"id":)"sv;
  task::appendPhpJsonString(info.id, text);
  addInteger(text, key::kStatus, static_cast<int>(info.status));
  addInteger(text, key::kReturnCode, static_cast<int>(info.returnCode));
  appendKey(text, key::kExecutionTime);
  if (info.status == TaskStatus::InProgress) {
    text += "0.0";  // readers of PHP leptir's records expect a float; PHP itself would write 0
  } else {
    appendFloat(text, info.executionTime);
  }
  appendKey(text, key::kResponse);
  task::appendPhpJsonString(info.response, text);
  appendKey(text, key::kType);
  task::appendPhpJsonString(info.type, text);
  appendKey(text, key::kStarted);
  meta::appendPhpDate(info.started, text);
}

void appendFieldsBeyondPhpLeptir(const MetaInfo& info, std::string& text) {
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
  addText(text, key::kLog, info.log);
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
  appendFieldsBeyondPhpLeptir(info, text);
  if (!info.additional.empty()) mergeAdditional(info.additional, text, start);
  text += '}';
}

}  // namespace leptir
