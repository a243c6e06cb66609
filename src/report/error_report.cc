#include "report/error_report.h"

#include <utility>

#include "base/utf8.h"
#include "leptir/version.h"

namespace leptir::report {
namespace {

// Of parameters in a report. Redaction and the reporter's own code may recurse once for each level.
constexpr int kMaxParameterDepth = 100;

// Only what is set: a reporter that prints the data then prints no empty fields.
void put(Json& data, const char* key, std::string text) {
  if (!text.empty()) data[key] = std::move(text);
}

void put(Json& data, const char* key, const std::optional<Time>& time) {
  if (time) data[key] = unixSeconds(*time);
}

// Null: the envelope is not kept, or has no parameters.
Json parametersOf(const ErrorReport& report, const Redaction& redaction) {
  if (report.envelope.empty()) return {};
  auto envelope = parseJson(report.envelope);
  if (!envelope || !envelope->is_object()) return {};
  const auto task = envelope->find("td");
  if (task == envelope->end() || !task->is_object() || !task->contains("parameters")) return {};
  auto parameters = std::move((*task)["parameters"]);
  if (parameters.is_array() && parameters.empty()) return Json::object();  // PHP's map without members
  if (nestsDeeperThan(parameters, kMaxParameterDepth))
    return "[left out: nested deeper than " + std::to_string(kMaxParameterDepth) + " levels]";
  redaction.apply(parameters);
  if (writeJson(parameters).size() <= kMaxTextBytes) return parameters;
  return "[left out: more than " + std::to_string(kMaxTextBytes) + " bytes]";
}

void putRun(Json& data, const ErrorReport& report) {
  put(data, "response", report.response);
  put(data, "stderr", report.stderrTail);
  if (!report.stack.empty()) data["stack"] = report.stack;
  if (report.signal != 0) data["signal"] = report.signal;
  if (report.thrown) data["exception"] = {{"type", report.thrown->type}, {"message", report.thrown->message}};
  put(data, "started", report.started);
  put(data, "ended", report.ended);
}

std::string whatHappened(const ErrorReport& report) {
  const auto& response = report.response;
  switch (report.kind) {
    case ErrorKind::TimeLimit:
      return "Task time limit exceeded.";
    case ErrorKind::Exception:
      return "Task exited with exception: " + (report.thrown ? report.thrown->message : response);
    case ErrorKind::Crash:
      return "Task crashed" + (response.empty() ? "." : ": " + response);
    case ErrorKind::Error:
      return "Task has failed" + (response.empty() ? "." : ": " + response);
    case ErrorKind::Buried:
      return "Task is not run any more.";
    case ErrorKind::Malformed:
      return "The stored bytes are no task.";
  }
  return {};
}

// A reason ends with how the last run went, which the message has said before.
std::string_view withoutLastRun(std::string_view reason) {
  return reason.substr(0, reason.find(", the last time: "));
}

}  // namespace

std::string beginningOf(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return std::string(text);
  return std::string(base::utf8Prefix(text, kMaxTextBytes)) + " […]";
}

std::string endOf(std::string_view text) {
  return std::string(base::utf8Suffix(text, kMaxTextBytes));
}

std::string_view nameOf(ErrorKind kind) {
  constexpr std::string_view kNames[] = {"TimeLimit", "Exception", "Crash", "Error", "Buried", "Malformed"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view nameOf(TaskFate fate) {
  constexpr std::string_view kNames[] = {"over", "retried", "buried"};
  return kNames[static_cast<std::size_t>(fate)];
}

std::size_t bytesOf(const ErrorReport& report) {
  auto bytes = sizeof report;
  for (const auto* text : {&report.reason, &report.id, &report.name, &report.cause, &report.status, &report.response,
                           &report.stderrTail, &report.envelope, &report.broker, &report.host})
    bytes += text->size();
  for (const auto& line : report.stack) bytes += sizeof(std::string) + line.size();
  if (report.thrown) bytes += report.thrown->type.size() + report.thrown->message.size();
  return bytes;
}

std::string messageOf(const ErrorReport& report) {
  auto message = whatHappened(report);
  if (report.reason.empty()) return message;
  if (!message.ends_with('.')) message += '.';
  return message + " It is buried: " + std::string(withoutLastRun(report.reason)) + ".";
}

Json dataOf(const ErrorReport& report, const Redaction& redaction) {
  Json data{{"id", report.id},           {"name", report.name},
            {"attempt", report.attempt}, {"cause", report.cause},
            {"status", report.status},   {"settled", nameOf(report.fate)},
            {"host", report.host},       {"pid", report.pid},
            {"version", kVersion},       {"ErrType", nameOf(report.kind)},
            {"TaskType", report.name},   {"TaskId", report.id}};
  put(data, "reason", report.reason);
  put(data, "broker", report.broker);
  putRun(data, report);
  if (auto parameters = parametersOf(report, redaction); !parameters.is_null())
    data["parameters"] = std::move(parameters);
  if (report.suppressed > 0) data["suppressed"] = report.suppressed;
  return data;
}

Json reporterCallOf(const ErrorReport& report, const Redaction& redaction) {
  return {{"data", dataOf(report, redaction)}, {"message", messageOf(report)}};
}

}  // namespace leptir::report
