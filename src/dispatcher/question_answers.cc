#include "dispatcher/question_answers.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/limits.h"
#include "leptir/json.h"
#include "task/log_text.h"

namespace leptir::dispatcher {
namespace {

Error taskNotRunningError(const std::string& task) {
  return {ErrorCode::Invalid, "task " + base::inQuotes(task) + " does not run there now"};
}

}  // namespace

void QuestionAnswers::take(fleet::Question question) {
  question_ = std::move(question);
}

std::optional<QuestionAnswers::FinishedAnswer> QuestionAnswers::poll() {
  if (!question_) return std::nullopt;
  if (sources_ == nullptr) return finish(Error(ErrorCode::Unsupported, "this process answers no questions"));
  if (question_->kind == fleet::Question::Kind::Log) return finish(log());
  if (!stackTaker_) {
    auto begun = beginStack();
    if (!begun) return finish(begun.error());
    stackTaker_.emplace(std::move(*begun));
    return std::nullopt;
  }
  auto stack = stackTaker_->poll();
  return stack ? std::optional(finish(checkedStack(std::move(*stack)))) : std::nullopt;
}

QuestionAnswers::FinishedAnswer QuestionAnswers::finish(const Result<std::string>& answer) {
  stackTaker_.reset();
  return {*std::exchange(question_, std::nullopt), fleet::answerText(answer)};
}

// Empty where the run that goes on has logged nothing.
Result<std::string> QuestionAnswers::log() const {
  const auto log = logOfTask();
  if (!log) return writeJson({{"attempt", 0}, {"log", ""}});
  return writeJson({{"attempt", log->attempt},
                    {"log", task::joinLogText(log->first, log->leftOutLines, log->leftOutBytes, log->last)}});
}

// Other slots may keep logs of earlier runs, and a run after a revive has a lower attempt than those.
std::optional<link::RunLog> QuestionAnswers::logOfTask() const {
  const auto worker = workerOfTask();
  if (!worker) return logOfLastAttempt();
  auto log = sources_->logs.readNewest(worker->slot, question_->task);
  return log && log->pid == worker->pid ? std::move(log) : std::nullopt;
}

// The log of the newest attempt of the task, for a run whose worker the status board does not show yet.
std::optional<link::RunLog> QuestionAnswers::logOfLastAttempt() const {
  std::optional<link::RunLog> last;
  for (int slot = 0; slot < base::kMaxWorkers; ++slot) {
    auto log = sources_->logs.readNewest(slot, question_->task);
    if (log && (!last || log->attempt > last->attempt)) last = std::move(log);
  }
  return last;
}

Result<base::StackTaker> QuestionAnswers::beginStack() {
  const auto worker = workerOfTask();
  if (!worker) return taskNotRunningError(question_->task);
  workerPid_ = worker->pid;
  return base::StackTaker::start(sources_->program, worker->pid, question_->task);
}

// The worker may have come to another task before its threads were stopped.
Result<std::string> QuestionAnswers::checkedStack(Result<std::string> stack) const {
  const auto worker = workerOfTask();
  if (!worker || worker->pid != workerPid_) return taskNotRunningError(question_->task);
  return stack;
}

std::optional<link::BoardWorker> QuestionAnswers::workerOfTask() const {
  const auto board = sources_->board.snapshot(sources_->clock);
  const auto found = std::ranges::find_if(board.workers, [&](const link::BoardWorker& worker) {
    return worker.busy && worker.pid > 0 && worker.taskId == question_->task;
  });
  return found == board.workers.end() ? std::nullopt : std::optional(*found);
}

}  // namespace leptir::dispatcher
