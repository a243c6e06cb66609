#include "dispatcher/question_answers.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/limits.h"
#include "leptir/json.h"
#include "task/log_text.h"

namespace leptir::dispatcher {
namespace {

Error doesNotRun(const std::string& task) {
  return {ErrorCode::Invalid, "task " + base::inQuotes(task) + " does not run there now"};
}

}  // namespace

void QuestionAnswers::take(fleet::Question question) {
  question_ = std::move(question);
}

std::optional<QuestionAnswers::Answered> QuestionAnswers::poll() {
  if (!question_) return std::nullopt;
  if (sources_ == nullptr) return finish(Error(ErrorCode::Unsupported, "this process answers no questions"));
  if (question_->kind == fleet::Question::Kind::Log) return finish(log());
  if (!taker_) {
    auto begun = beginStack();
    if (!begun) return finish(begun.error());
    taker_.emplace(std::move(*begun));
    return std::nullopt;
  }
  auto stack = taker_->poll();
  return stack ? std::optional(finish(checked(std::move(*stack)))) : std::nullopt;
}

QuestionAnswers::Answered QuestionAnswers::finish(const Result<std::string>& answer) {
  taker_.reset();
  return {*std::exchange(question_, std::nullopt), fleet::answerText(answer)};
}

// Empty where no run of the task has logged anything, or not lately.
Result<std::string> QuestionAnswers::log() const {
  Json json{{"attempt", 0}, {"log", ""}};
  for (int slot = 0; slot < base::kMaxWorkers; ++slot) {
    const auto log = sources_->logs.readNewest(slot, question_->task);
    if (!log || log->attempt <= json["attempt"].get<std::uint32_t>()) continue;
    json["attempt"] = log->attempt;
    json["log"] = task::logText(log->first, log->leftOutLines, log->leftOutBytes, log->last);
  }
  return writeJson(json);
}

Result<base::StackTaker> QuestionAnswers::beginStack() {
  const auto worker = workerOfTask();
  if (!worker) return doesNotRun(question_->task);
  worker_ = worker->pid;
  return base::StackTaker::start(sources_->program, worker->pid, question_->task);
}

// The worker may have come to another task before its threads were stopped.
Result<std::string> QuestionAnswers::checked(Result<std::string> stack) const {
  const auto worker = workerOfTask();
  if (!worker || worker->pid != worker_) return doesNotRun(question_->task);
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
