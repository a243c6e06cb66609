// Answers questions about the tasks that this instance runs (fleet/question.h).
#pragma once

#include <optional>
#include <string>

#include "base/stack_taker.h"
#include "fleet/question.h"
#include "leptir/clock.h"
#include "link/run_logs.h"
#include "link/status_board.h"

namespace leptir::dispatcher {

// What answers are made from: memory that any thread may read.
struct AnswerSources {
  const link::RunLogs& logs;
  const link::StatusBoard& board;
  const Clock& clock;
  std::string program = "/proc/self/exe";  // which takes stacks (base/stack_taker.h)
};

// Used by the thread of one feeder. One question is answered after the other, and none makes the thread wait.
class QuestionAnswers {
 public:
  // `sources`: null, for tests: each question is answered by an error.
  explicit QuestionAnswers(const AnswerSources* sources) : sources_(sources) {}

  bool isBusy() const { return question_.has_value(); }
  // Begins to answer. Must not be called while isBusy().
  void take(fleet::Question question);
  struct FinishedAnswer {
    fleet::Question question;
    std::string answer;  // as fleet::answerText makes it
  };
  // The answer to the last question, once; none: it takes longer, or there is no question.
  std::optional<FinishedAnswer> poll();

 private:
  Result<std::string> log() const;
  std::optional<link::RunLog> logOfTask() const;
  std::optional<link::RunLog> logOfLastAttempt() const;
  Result<base::StackTaker> beginStack();
  Result<std::string> checkedStack(Result<std::string> stack) const;
  std::optional<link::BoardWorker> workerOfTask() const;
  FinishedAnswer finish(const Result<std::string>& answer);

  const AnswerSources* sources_;
  std::optional<fleet::Question> question_;
  std::optional<base::StackTaker> stackTaker_;  // while a stack is taken
  int workerPid_ = 0;                           // its pid
};

}  // namespace leptir::dispatcher
