#include "broker/task_to_push.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/task_id.h"
#include "task/json_members.h"
#include "task/times_of_task.h"

namespace leptir::broker {
namespace {

// The parameters of a task without any, as PHP writes an empty map.
constexpr const char* kEmptyMap = "[]";

Error refused(const std::string& taskName, const std::string& why) {
  return Error(ErrorCode::Invalid, "task '" + taskName + "': " + why);
}

// A delay keeps its fraction of a second; a time of execution is cut to whole seconds, which is what the envelope can
// store.
std::optional<Time> dueTime(const PushOptions& options, Time now) {
  if (options.delay != Duration::zero()) return std::min(now + options.delay, Time(kMaxTimeSpan));
  if (!options.timeOfExecution || isBeyondMaxTimeSpan(*options.timeOfExecution)) return options.timeOfExecution;
  return std::chrono::floor<std::chrono::seconds>(*options.timeOfExecution);
}

// Why these options are not valid; empty: they are.
std::string complaint(const PushOptions& options) {
  if (options.timeOfExecution && options.delay != Duration::zero())
    return "has a time of execution and a delay; give one of them";
  if (options.delay < Duration::zero()) return "has a negative delay";
  if (options.delay > kMaxTimeSpan)
    return "has a delay of more than " + std::to_string(kMaxTimeSpan.count()) + " s; give a shorter one";
  return "";
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

Result<void> checkOptions(const PushOptions& options) {
  if (const auto why = complaint(options); !why.empty()) return Error(ErrorCode::Invalid, why);
  return task::checkTimes(options.timeLimitSeconds, options.timeOfExecution);
}

Result<EncodedTask> encodeTask(const TaskToPush& task, const Clock& clock) {
  const auto& options = task.options;
  if (const auto why = complaint(options); !why.empty()) return refused(task.name, why);

  const auto now = clock.now();
  BrokerTask made;
  made.id = options.id.empty() ? base::makeTaskId(clock) : options.id;
  made.name = task.name;
  auto parameters = task.parametersText.empty() ? writeAny(task.name, task.parameters) : parametersAsText(task);
  if (!parameters) return parameters.error();
  made.parameters = std::move(*parameters);
  made.priority = options.priority;
  made.timeOfExecution = dueTime(options, now);
  made.timeLimitSeconds = options.timeLimitSeconds;
  made.maxAttempts = options.maxAttempts;
  made.pushedAt = now;
  return EncodedTask::encode(made);
}

}  // namespace leptir::broker
