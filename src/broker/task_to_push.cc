#include "broker/task_to_push.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/task_id.h"
#include "base/time_text.h"
#include "base/traceparent.h"
#include "task/json_members.h"
#include "task/times_of_task.h"

namespace leptir::broker {
namespace {

// The parameters of a task without any, as PHP writes an empty map.
constexpr const char* kEmptyMap = "[]";

Error refused(const std::string& taskName, const std::string& why) {
  return Error(ErrorCode::Invalid, "task '" + taskName + "': " + why);
}

std::optional<Time> dueTime(const PushOptions& options, Time now) {
  return options.delay == Duration::zero() ? options.timeOfExecution
                                           : std::min(now + options.delay, Time(kMaxTimeSpan));
}

std::optional<Time> expiryTime(const PushOptions& options, Time now) {
  return options.expiresAfter == Duration::zero() ? options.expires
                                                  : std::min(now + options.expiresAfter, Time(kMaxTimeSpan));
}

std::string complaintAboutExpiry(const PushOptions& options, Time now) {
  if (options.expires && options.expiresAfter != Duration::zero())
    return "has a time at which it expires and a duration after which it expires; give one of them";
  if (options.expiresAfter < Duration::zero()) return "has a negative duration after which it expires";
  if (options.expiresAfter > kMaxTimeSpan)
    return "expires after more than " + std::to_string(kMaxTimeSpan.count()) + " s; give a shorter duration";
  if (options.expires && *options.expires <= now && !isBeyondMaxTimeSpan(*options.expires))
    return "has expired already, at " + base::timeText(*options.expires) + " (now it is " + base::timeText(now) +
           "), so it would never run; give a later `expires`, or none";
  return "";
}

// Why these options are not valid; empty: they are.
std::string complaint(const PushOptions& options, Time now) {
  if (options.timeOfExecution && options.delay != Duration::zero())
    return "has a time of execution and a delay; give one of them";
  if (options.delay < Duration::zero()) return "has a negative delay";
  if (options.delay > kMaxTimeSpan)
    return "has a delay of more than " + std::to_string(kMaxTimeSpan.count()) + " s; give a shorter one";
  if (!options.traceparent.empty() && !base::Traceparent::parse(options.traceparent))
    return base::invalidTraceparentMessage(options.traceparent);
  return complaintAboutExpiry(options, now);
}

// The text that the application wrote, without spaces around it.
Result<std::string> parametersAsText(const TaskToPush& task) {
  const auto text = task::withoutJsonBlanks(task.parametersText);
  if (!text.starts_with('{') && !text.starts_with('[')) return refused(task.name, "parameters must be a JSON object");
  const auto inside = task::withoutJsonBlanks(text.substr(1));
  const bool isEmpty = text.starts_with('{') ? inside == "}" : inside == "]";
  return std::string(isEmpty ? kEmptyMap : text);
}

template <class AnyJson>
Result<std::string> writeAny(const std::string& taskName, const AnyJson& parameters) {
  if (!parameters.is_null() && !parameters.is_structured())
    return refused(taskName, "parameters must be a JSON object");
  if (parameters.empty()) return std::string(kEmptyMap);
  auto written = writeJsonExactly(parameters);
  if (!written) return written.error().in("task '" + taskName + "': parameters");
  return written;
}

}  // namespace

Result<std::string> writeParameters(const std::string& taskName, const nlohmann::ordered_json& parameters) {
  return writeAny(taskName, parameters);
}

Result<void> checkOptions(const PushOptions& options, const Clock& clock) {
  const auto now = clock.now();
  if (const auto why = complaint(options, now); !why.empty()) return Error(ErrorCode::Invalid, why);
  return task::checkTimes(options.timeLimitSeconds, dueTime(options, now), expiryTime(options, now));
}

Result<EncodedTask> encodeTask(const TaskToPush& task, const Clock& clock) {
  const auto& options = task.options;
  const auto now = clock.now();
  if (const auto why = complaint(options, now); !why.empty()) return refused(task.name, why);

  BrokerTask made;
  made.id = options.id.empty() ? base::makeTaskId(clock) : options.id;
  made.name = task.name;
  auto parameters = task.parametersText.empty() ? writeAny(task.name, task.parameters) : parametersAsText(task);
  if (!parameters) return parameters.error();
  made.parameters = std::move(*parameters);
  made.priority = options.priority;
  made.timeOfExecution = dueTime(options, now);
  made.expires = expiryTime(options, now);
  made.timeLimitSeconds = options.timeLimitSeconds;
  made.maxAttempts = options.maxAttempts;
  if (const auto trace = base::Traceparent::parse(options.traceparent)) made.traceparent = trace->text();
  made.pushedAt = now;
  return EncodedTask::encode(made);
}

}  // namespace leptir::broker
