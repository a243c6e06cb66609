#include "task/envelope.h"

#include <chrono>
#include <optional>

#include "task/json_text.h"

namespace leptir::task {
namespace {

std::int64_t wholeSeconds(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

void appendCount(std::string_view key, std::int64_t count, std::string& out) {
  if (count == 0) return;
  out.append(key);
  appendInteger(count, out);
}

void appendTime(std::string_view key, const std::optional<Time>& time, std::string& out) {
  if (!time) return;
  out.append(key);
  appendUnixSeconds(*time, out);
}

// Appends leptir's own keys, which PHP leptir ignores. `ts` comes last: scripts/lease_tasks.lua of the Redis backend
// recognizes leptir's envelopes by it.
void appendLeptirKeys(const BrokerTask& task, std::string& out) {
  appendCount(R"(,"at":)", task.counters.failures, out);
  appendCount(R"(,"cr":)", task.counters.crashes, out);
  appendCount(R"(,"ex":)", task.counters.expiries, out);
  appendCount(R"(,"un":)", task.counters.unknown, out);
  appendCount(R"(,"ma":)", task.maxAttempts, out);
  appendTime(R"(,"expires":)", task.expires, out);
  if (!task.traceparent.empty()) {
    out.append(R"(,"trace":)");
    appendPhpJsonString(task.traceparent, out);
  }
  appendTime(R"(,"ts":)", task.pushedAt, out);
}

}  // namespace

Envelope writeEnvelope(const BrokerTask& task) {
  Envelope envelope;
  auto& out = envelope.text;
  out.reserve(task.parameters.size() + task.name.size() + task.id.size() + 128);
  out.append(R"({"cn":)");
  appendPhpJsonString(task.name, out);
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
  const auto idBegin = out.size();
  appendPhpJsonString(task.id, out);
  envelope.escapedId = {.begin = idBegin + 1, .bytes = out.size() - idBegin - 2};
  out.append(R"(,"parameters":)");
  out.append(task.parameters);
  out += '}';
  appendLeptirKeys(task, out);
  out += '}';
  return envelope;
}

}  // namespace leptir::task
