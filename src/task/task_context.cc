#include "leptir/task_context.h"

#include <algorithm>
#include <utility>

#include "leptir/task_error.h"
#include "task/task_run.h"

namespace leptir {

TaskContext::TaskContext() : TaskContext(std::make_unique<task::TaskRun>(task::TaskEnvironment{})) {}
TaskContext::TaskContext(std::unique_ptr<task::TaskRun> run) : run_(std::move(run)) {}
TaskContext::~TaskContext() = default;
TaskContext::TaskContext(TaskContext&&) noexcept = default;
TaskContext& TaskContext::operator=(TaskContext&&) noexcept = default;

const std::string& TaskContext::id() const {
  return run_->environment.id;
}
const std::string& TaskContext::name() const {
  return run_->environment.name;
}
int TaskContext::attempt() const {
  return run_->environment.attempt;
}
std::uint64_t TaskContext::fence() const {
  return run_->environment.fence;
}
Duration TaskContext::timeLimit() const {
  return run_->environment.timeLimit;
}
const std::string& TaskContext::traceparent() const {
  return run_->environment.traceparent;
}
const StopToken& TaskContext::stopToken() const {
  return run_->environment.stopToken;
}
Duration TaskContext::executionTime() const {
  return run_->executionTime();
}

void TaskContext::logError(std::string_view message) const {
  run_->logFromTask(LogLevel::Error, message);
}
void TaskContext::logWarning(std::string_view message) const {
  run_->logFromTask(LogLevel::Warning, message);
}
void TaskContext::logInfo(std::string_view message) const {
  run_->logFromTask(LogLevel::Info, message);
}
void TaskContext::logDebug(std::string_view message) const {
  run_->logFromTask(LogLevel::Debug, message);
}

void TaskContext::addResponseLine(std::string line) {
  run_->responseLines.push_back(std::move(line));
}

void TaskContext::setResult(const Json& result) {
  if (nestsDeeperThan(result, kMaxResultDepth)) {
    throw TaskError("The result nests deeper than " + std::to_string(kMaxResultDepth) + " levels.");
  }
  run_->result = writeJson(result);
}

void TaskContext::changeState(std::string state) {
  run_->flow.push_back(std::move(state));
}

ExitStatus TaskContext::retryAfter(Duration delay, std::string reason) {
  if (!reason.empty()) addResponseLine(std::move(reason));
  run_->retryAfter = std::clamp(delay, Duration::zero(), kMaxRetryDelay);
  run_->isDiscarded = false;
  return ExitStatus::Unknown;
}

ExitStatus TaskContext::discard(std::string reason) {
  if (!reason.empty()) addResponseLine(std::move(reason));
  run_->retryAfter.reset();
  run_->isDiscarded = true;
  return ExitStatus::Unknown;
}

void TaskContext::progress(double fraction, std::string_view text) const {
  if (!run_->environment.onProgress) return;
  // This comparison turns NaN into 0, which std::clamp would not.
  const double clamped = fraction > 0 ? std::min(fraction, 1.0) : 0.0;
  run_->environment.onProgress(clamped, text);
}

std::string TaskContext::lastState() const {
  return run_->flow.empty() ? std::string() : run_->flow.back();
}
const std::vector<std::string>& TaskContext::executionFlow() const {
  return run_->flow;
}
const std::vector<std::string>& TaskContext::responseLines() const {
  return run_->responseLines;
}
const std::string& TaskContext::result() const {
  return run_->result;
}
const std::optional<Duration>& TaskContext::requestedRetryDelay() const {
  return run_->retryAfter;
}
bool TaskContext::isDiscarded() const {
  return run_->isDiscarded;
}

}  // namespace leptir
