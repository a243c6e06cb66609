#include "cli/record_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <optional>
#include <string_view>

#include "base/duration_text.h"
#include "base/escape.h"
#include "cli/push_time.h"
#include "leptir/outcome.h"
#include "leptir/spi/meta_info.h"
#include "leptir/spi/simple_broker.h"
#include "meta/record_keys.h"
#include "task/log_text.h"

namespace leptir::cli {
namespace {

namespace key = meta::key;

std::string oneLine(const Json& value) {
  return base::escaped(value.is_string() ? value.get<std::string>()
                                         : value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string at(const Json& seconds) {
  if (!seconds.is_number() || std::abs(seconds.get<double>()) > 1e11) return oneLine(seconds);
  const auto whole = static_cast<std::time_t>(std::floor(seconds.get<double>()));
  const auto millis = static_cast<int>((seconds.get<double>() - static_cast<double>(whole)) * 1000);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03} UTC", fmt::gmtime(whole), millis);
}

std::string began(const Json& start) {
  return start.is_object() && start.contains("date") ? oneLine(start["date"]) + " UTC" : at(start);
}

std::string duration(const Json& seconds) {
  if (!seconds.is_number()) return oneLine(seconds);
  return base::durationText(seconds.get<double>());
}

std::string memory(const Json& bytes) {
  return bytes.is_number() ? fmt::format("{:.1f} MiB", bytes.get<double>() / (1024 * 1024)) : oneLine(bytes);
}

std::string statusName(const Json& status) {
  if (status == 1) return "pending";
  if (status == 2) return "in progress";
  return status == 3 ? "completed" : oneLine(status);
}

std::string exitName(const Json& code) {
  const bool known = code.is_number_integer() && code >= 1 && code <= 5;
  return known ? std::string(nameOf(static_cast<ExitStatus>(code.get<int>()))) : oneLine(code);
}

// The outcome in a few words: the exit status of a run that ended by itself, else the cause of its end. A record
// without a cause: the task's status (pending, in progress, completed).
std::string outcomeOf(const Json& record) {
  const auto cause = record.value(key::kCause, Json());
  if (cause.is_null() || cause == "") return statusName(record.value(key::kStatus, Json("-")));
  const bool ranToItsEnd = cause == nameOf(Cause::Finished) && record.contains(key::kReturnCode);
  return ranToItsEnd ? exitName(record[key::kReturnCode]) : oneLine(cause);
}

bool isRunning(const Json& record) {
  return record.value(key::kStatus, Json()) == static_cast<int>(TaskStatus::InProgress);
}

// A task that was cancelled while it waited has no run: the record's times are those of the cancel.
bool wasCancelledBeforeItRan(const Json& record) {
  return record.value(key::kCause, Json()) == nameOf(Cause::Cancelled) &&
         record.value(key::kExecutionTime, Json(0)) == 0;
}

// How long the run in progress has lasted; nullopt if its record does not say when it began.
std::optional<std::string> runningFor(const Json& record, Time now) {
  const auto start = record.find(key::kStarted);
  if (start == record.end() || !start->is_object()) return std::nullopt;
  const auto date = start->value("date", Json());
  if (!date.is_string()) return std::nullopt;
  auto text = date.get<std::string>();
  std::ranges::replace(text, ' ', 'T');
  const auto begun = parseTime(text + "Z");
  if (!begun) return std::nullopt;
  return base::durationText(std::max(Duration::zero(), std::chrono::duration_cast<Duration>(now - *begun)));
}

// When the run ended, which is when the record was saved; of one that goes on or that PHP leptir made: when it began.
std::string whenText(const Json& record) {
  if (const auto ended = record.find(key::kEnded); ended != record.end() && ended->is_number())
    return at(*ended).substr(0, 19);
  const auto started = record.find(key::kStarted);
  return started == record.end() ? "-" : began(*started).substr(0, 19);
}

class RecordFormatter {
 public:
  RecordFormatter(const Json& record, Time now) : record_(record), now_(now) {}

  std::string write() && {
    if (const auto* type = find(key::kType)) text_ += oneLine(*type) + ' ';
    if (const auto* id = find(key::kId)) text_ += oneLine(*id);
    text_ += '\n';
    const bool isInQueue = find("state") != nullptr;
    if (!isInQueue) line("status", key::kStatus, statusName);
    line("state", "state", oneLine);
    line("broker", "broker", oneLine);
    if (record_.value("state", Json()) != nameOf(TaskState::Buried)) line("due", "toex", at);
    line("reason", "reason", oneLine);
    line("attempts left", "attemptsLeft", oneLine);
    outcome(isInQueue ? "last outcome" : "outcome");
    line("buried", key::kBuried, oneLine);
    line("cancelled by", key::kCancelledBy, oneLine);
    line("cancelled", key::kCancelledAt, at);
    if (!wasCancelledBeforeItRan(record_)) {
      run();
    } else {
      line("pushed", key::kPushed, at);
    }
    line("result", key::kResult, oneLine);
    block("response", key::kResponse);
    numbered(key::kStack);
    block("stderr, its end", key::kStderr);
    log();
    numbered(key::kFlow);
    history();
    line("envelope", key::kEnvelope, oneLine);
    return std::move(text_);
  }

 private:
  // How the run ended that the record is of, in one word. A task that waits or is buried may run again.
  void outcome(std::string_view title) {
    if (isRunning(record_)) return;
    if (find(key::kCause) != nullptr)
      text_ += fmt::format("  {:<13} {}\n", title, outcomeOf(record_));
    else
      line(title, key::kReturnCode, exitName);
  }

  void run() {
    line("attempt", key::kAttempt, oneLine);
    line("signal", key::kSignal, oneLine);
    line("host", key::kHost, oneLine);
    line("pid", key::kPid, oneLine);
    line("pushed", key::kPushed, at);
    line("began", key::kStarted, began);
    if (!isRunning(record_)) {
      line("ran", key::kExecutionTime, duration);
    } else if (const auto time = runningFor(record_, now_)) {
      text_ += fmt::format("  {:<13} {}\n", "running for", *time);
    }
    line("instance", "instance", oneLine);
    progress();
    line("CPU time", key::kCpuTime, duration);
    line("peak memory", key::kMaxRss, memory);
  }

  // Adds the progress that the instance has last heard from the running task, and the command that prints its log.
  void progress() {
    const auto* run = find("running");
    if (run == nullptr || !run->is_object()) return;
    const auto progress = run->value("progress", Json()), text = run->value("text", Json());
    const auto part = progress.is_number() ? progress.get<double>() : 0;
    const auto words = text.is_string() ? text.get<std::string>() : std::string();
    if (part > 0 || !words.empty())
      text_ += fmt::format("  {:<13} {:.0f} %{}{}\n", "progress", part * 100, words.empty() ? "" : ", ",
                           base::escaped(words));
    text_ += fmt::format("  {:<13} leptir logs {}\n", "log so far", oneLine(record_.value(key::kId, Json("ID"))));
  }

  const Json* find(const char* key) const {
    const auto found = record_.find(key);
    return found == record_.end() || found->is_null() || *found == "" ? nullptr : &*found;
  }

  void line(std::string_view title, const char* key, std::string (*show)(const Json&)) {
    if (const auto* value = find(key)) text_ += fmt::format("  {:<13} {}\n", title, show(*value));
  }

  void block(std::string_view title, const char* key) {
    const auto* value = find(key);
    if (value == nullptr) return;
    text_ += fmt::format("  {}\n", title);
    std::string all = value->is_string() ? value->get<std::string>() : oneLine(*value);
    if (all.ends_with('\n')) all.pop_back();
    for (std::size_t begin = 0; begin <= all.size();) {
      const auto end = std::min(all.find('\n', begin), all.size());
      text_ += fmt::format("    {}\n", base::escaped(std::string_view(all).substr(begin, end - begin)));
      begin = end + 1;
    }
  }

  void numbered(const char* key) {
    const auto* list = find(key);
    if (list == nullptr) return;
    text_ += fmt::format("  {}\n", key);
    int number = 0;
    for (const auto& one : *list) text_ += fmt::format("    {:>3}  {}\n", number++, oneLine(one));
  }

  void log() {
    const auto* text = find(key::kLog);
    if (text == nullptr || !text->is_string()) return;
    const auto lines = task::countLogLines(text->get_ref<const std::string&>());
    text_ += fmt::format("  {:<13} {} {}: leptir logs {}\n", "log", lines, lines == 1 ? "line" : "lines",
                         oneLine(record_.value(key::kId, Json("ID"))));
  }

  void history() {
    const auto* runs = find(key::kHistory);
    if (runs == nullptr || !runs->is_array()) return;
    text_ += "  earlier runs\n";
    for (const auto& run : *runs) {
      if (!run.is_object()) continue;
      text_ += fmt::format("    {:>3}  {}  {}, {}\n", oneLine(run.value(key::kAttempt, Json("?"))),
                           at(run.value(key::kStarted, Json())), oneLine(run.value(key::kCause, Json("?"))),
                           duration(run.value(key::kExecutionTime, Json())));
    }
  }

  const Json& record_;
  Time now_;
  std::string text_;
};

}  // namespace

std::string recordText(const Json& record, Time now) {
  return RecordFormatter(record, now).write();
}

RecordSummary recordSummary(const Json& record) {
  constexpr std::size_t kMaxOfResponse = 60;
  const auto text = [&](const char* key, auto write) {
    return record.contains(key) ? write(record[key]) : std::string("-");
  };
  auto response = (record.contains(key::kBuried) ? "buried: " : "") + text(key::kResponse, oneLine);
  if (response.size() > kMaxOfResponse) {
    auto end = kMaxOfResponse;
    while (end > 0 && (static_cast<unsigned char>(response[end]) & 0xC0) == 0x80) --end;  // not inside a character
    response = response.substr(0, end) + "…";
  }
  return {.when = whenText(record),
          .id = text(key::kId, oneLine),
          .name = text(key::kType, oneLine),
          .outcome = outcomeOf(record),
          .attempt = text(key::kAttempt, oneLine),
          .took = isRunning(record) ? "-" : text(key::kExecutionTime, duration),
          .response = std::move(response)};
}

std::string recordLine(const Json& record) {
  const auto summary = recordSummary(record);
  return fmt::format("{:<19}  {:<36}  {:<24}  {:<12}  {:>7}  {:>9}  {}", summary.when, summary.id, summary.name,
                     summary.outcome, summary.attempt, summary.took, summary.response);
}

}  // namespace leptir::cli
