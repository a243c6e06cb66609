#include "task/envelope.h"

#include "base/task_names.h"
#include "leptir/json.h"
#include "task/json_reader.h"
#include "task/json_text.h"

#include <fmt/format.h>

namespace leptir::task {
namespace {

// The largest size of an envelope without its parameters: name and id have 255 bytes, each escaped to six, and numbers.
constexpr std::size_t kMaxHeadBytes = 4096;
// Parameters are nested inside two objects: the envelope and `td`.
constexpr int kMaxParametersDepth = kMaxJsonDepth - 2;

std::int64_t wholeSeconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void appendCount(std::string_view key, std::int64_t count, std::string& out) {
  if (count == 0) return;
  out.append(key);
  appendInteger(count, out);
}

// Writes Unix seconds with six decimals. A double is precise enough to read the same microsecond back.
void appendPushedAt(Time time, std::string& out) {
  const auto micros = time.time_since_epoch().count();
  const auto seconds = micros / 1'000'000;
  std::string fraction = std::to_string(1'000'000 + std::abs(micros % 1'000'000));
  fraction[0] = '.';
  out.append(R"(,"ts":)");
  if (micros < 0 && seconds == 0) out += '-';
  appendInteger(seconds, out);
  out.append(fraction);
}

// Appends leptir's own keys, which PHP leptir ignores.
void appendOwnKeys(const BrokerTask& task, std::string& out) {
  appendCount(R"(,"at":)", task.counters.failures, out);
  appendCount(R"(,"cr":)", task.counters.crashes, out);
  appendCount(R"(,"ex":)", task.counters.expiries, out);
  appendCount(R"(,"un":)", task.counters.unknown, out);
  appendCount(R"(,"ma":)", task.maxAttempts, out);
  if (task.pushedAt) appendPushedAt(*task.pushedAt, out);
}

Result<void> checkSize(const BrokerTask& task) {
  if (task.parameters.size() + kMaxHeadBytes <= kMaxEnvelopeBytes) return {};
  const auto size = encodeEnvelope(task).size();
  if (size <= kMaxEnvelopeBytes) return {};
  return Error(ErrorCode::TooLarge, fmt::format("task {}: {} bytes, more than {}", task.id, size, kMaxEnvelopeBytes));
}

}  // namespace

void appendEnvelope(const BrokerTask& task, std::string& out) {
  out.append(R"({"cn":)");
  appendJsonText(task.name, out);
  out.append(R"(,"pr":)");
  appendInteger(task.priority, out);
  out.append(R"(,"tl":)");
  appendInteger(task.timeLimitSeconds, out);
  out.append(R"(,"toex":)");
  if (task.timeOfExecution) {
    appendInteger(wholeSeconds(*task.timeOfExecution), out);
  } else {
    out.append(R"("")");
  }
  out.append(R"(,"td":{"id":)");
  appendJsonText(task.id, out);
  out.append(R"(,"parameters":)");
  out.append(task.parameters);
  out += '}';
  appendOwnKeys(task, out);
  out += '}';
}

std::string encodeEnvelope(const BrokerTask& task) {
  std::string out;
  out.reserve(task.parameters.size() + task.name.size() + task.id.size() + 128);
  appendEnvelope(task, out);
  return out;
}

Result<void> checkBrokerTask(const BrokerTask& task) {
  if (auto id = base::checkTaskId(task.id); !id) return id;
  if (auto name = base::checkTaskName(task.name); !name) return name.error().in("task " + task.id);
  if (task.timeLimitSeconds < 0)
    return Error(ErrorCode::Invalid, fmt::format("task {}: the time limit is negative", task.id));
  if (task.timeLimitSeconds > kMaxTimeSpan.count())
    return Error(ErrorCode::Invalid, fmt::format("task {}: the time limit of {} s is longer than {} s", task.id,
                                                 task.timeLimitSeconds, kMaxTimeSpan.count()));
  if (task.timeOfExecution && isBeyondMaxTimeSpan(*task.timeOfExecution))
    return Error(ErrorCode::Invalid, fmt::format("task {}: the time of execution is more than {} s away from 1970",
                                                 task.id, kMaxTimeSpan.count()));
  if (auto size = checkSize(task); !size) return size;
  if (auto json = checkJson(task.parameters, kMaxParametersDepth); !json) {
    return Error(ErrorCode::Invalid, fmt::format("task {}: parameters: {}", task.id, json.error().message()));
  }
  return {};
}

}  // namespace leptir::task
