#include "leptir/task_context.h"

#include "leptir/task_error.h"

#include <algorithm>

namespace leptir {

TaskContext::TaskContext(TaskEnvironment environment)
    : environment_(std::move(environment)), started_(environment_.clock->bootTime()) {}

Duration TaskContext::executionTime() const {
  return environment_.clock->bootTime() - started_;
}

void TaskContext::logError(std::string_view message) const {
  log(LogLevel::Error, message);
}
void TaskContext::logWarning(std::string_view message) const {
  log(LogLevel::Warning, message);
}
void TaskContext::logInfo(std::string_view message) const {
  log(LogLevel::Info, message);
}
void TaskContext::logDebug(std::string_view message) const {
  log(LogLevel::Debug, message);
}

void TaskContext::setResult(const Json& result) {
  if (nestsDeeperThan(result, kMaxResultDepth)) {
    throw TaskError("The result nests deeper than " + std::to_string(kMaxResultDepth) + " levels.");
  }
  result_ = writeJson(result);
}

ExitStatus TaskContext::retryAfter(Duration delay, std::string reason) {
  if (!reason.empty()) addResponseLine(std::move(reason));
  retryAfter_ = std::clamp(delay, Duration::zero(), kLongestRetryDelay);
  discarded_ = false;
  return ExitStatus::Unknown;
}

ExitStatus TaskContext::discard(std::string reason) {
  if (!reason.empty()) addResponseLine(std::move(reason));
  retryAfter_.reset();
  discarded_ = true;
  return ExitStatus::Unknown;
}

void TaskContext::progress(double fraction, std::string_view text) const {
  if (!environment_.onProgress) return;
  // This comparison turns NaN into 0, which std::clamp would not.
  const double clamped = fraction > 0 ? std::min(fraction, 1.0) : 0.0;
  environment_.onProgress(clamped, text);
}

bool TaskContext::saveUnfinishedOutcome(const Outcome& unfinished) const {
  return environment_.onUnfinished && environment_.onUnfinished(unfinished);
}

void TaskContext::log(LogLevel level, std::string_view message) const {
  const auto* logger = environment_.logger;
  if (logger == nullptr || !logger->enabled(level)) return;
  std::string line;
  line.reserve(environment_.id.size() + environment_.name.size() + message.size() + 5);
  line.append("[").append(environment_.id).append("](").append(environment_.name).append(") ").append(message);
  logger->log(level, line);
}

}  // namespace leptir
