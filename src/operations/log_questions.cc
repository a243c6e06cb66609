// Operations::log.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "leptir/operations.h"
#include "meta/record_keys.h"
#include "operations/local_instance.h"
#include "operations/record_log.h"
#include "operations/stores.h"
#include "operations/task_question.h"
#include "task/log_text.h"

namespace leptir {
namespace {

namespace key = meta::key;

constexpr Duration kMaxLogWait = std::chrono::seconds(5);
// How exactly the time at which a run began is computed from the status board.
constexpr Duration kRunBeginTolerance = std::chrono::milliseconds(20);

bool isInProgress(const Json& record) {
  return record.is_object() && record.value(key::kStatus, Json()) == static_cast<int>(TaskStatus::InProgress);
}

// The number of the run that goes on; 0: none does, as far as the stores and the instances tell.
int runningAttempt(const TaskDetails& task) {
  if (task.running) return task.running->attempt;
  if (task.queued && task.queued->state == ListedState::Leased) return task.queued->counters.nextAttempt();
  // A store that cannot find tasks by their ids: the record alone tells.
  const auto attempts =
      isInProgress(task.record) && !task.queued ? operations::attemptsOf(task.record) : std::vector<int>();
  return attempts.empty() ? 0 : attempts.back();
}

TaskLog logOf(const link::RunLog& read) {
  TaskLog log{.attempt = static_cast<int>(read.attempt), .isRunning = true};
  task::readLogText(task::joinLogText(read.first, read.leftOutLines, read.leftOutBytes, read.last), log);
  return log;
}

// The log of the run that goes on in an instance of this machine, without asking a store. None: there is no such run,
// it has not logged anything, or another attempt is asked for.
//
// The board does not tell the attempt, so the newest log of the worker may be of an earlier run of the same task, which
// had logged before this one began. Of the earlier attempts it is known only that there were any.
std::optional<TaskLog> logOfRunHere(const operations::Stores& stores, std::string_view id, int asked) {
  constexpr int kMaxAttemptsTold = 100;
  const auto here = operations::findRunHere(stores, id);
  if (!here) return std::nullopt;
  const auto read = operations::logOfRun(here->instance, {.id = id, .attempt = asked, .worker = here->task.pid});
  if (!read || !*read) return std::nullopt;
  auto log = logOf(**read);
  const bool isOfThisRun = !log.lines.empty() && log.lines.front().time + kRunBeginTolerance >= here->task.began;
  if (!isOfThisRun) return std::nullopt;
  log.id = id;
  for (int attempt = std::max(1, log.attempt - kMaxAttemptsTold); attempt <= log.attempt; ++attempt)
    log.attempts.push_back(attempt);
  return log;
}

class LogSearch {
 public:
  LogSearch(Operations& operations, operations::Stores& stores, TaskDetails task)
      : operations_(operations), stores_(stores), task_(std::move(task)) {}

  Result<TaskLog> find(int wantedAttempt) && {
    auto attempts = operations::attemptsOf(task_.record);
    const int running = runningAttempt(task_);
    if (running > 0 && std::ranges::count(attempts, running) == 0) attempts.push_back(running);
    const int attempt = wantedAttempt > 0 ? wantedAttempt : attempts.empty() ? 0 : attempts.back();
    auto log = attempt > 0 && attempt == running ? logOfRunning(attempt) : logFromRecord(attempt);
    if (!log) return log;
    log->id = task_.id;
    log->attempts = std::move(attempts);
    return log;
  }

 private:
  Result<TaskLog> logFromRecord(int attempt) const {
    if (attempt == 0) return TaskLog{};
    if (auto log = operations::logInRecord(task_.record, attempt)) return std::move(*log);
    const auto kept = operations::attemptsOf(task_.record);
    if (!kept.empty() && attempt < kept.front())
      return Error(ErrorCode::NotFound,
                   fmt::format("attempt {} of task {} is no longer kept: its record tells of the attempts {} to {}",
                               attempt, base::inQuotes(task_.id), kept.front(), kept.back()));
    return Error(ErrorCode::NotFound, fmt::format("task {} has no attempt {}", base::inQuotes(task_.id), attempt));
  }

  Result<TaskLog> logOfRunning(int attempt) {
    const auto fleet = operations_.instances();
    if (!fleet) return fleet.error();
    const operations::WantedRun run{
        .id = task_.id, .attempt = attempt, .worker = task_.running ? task_.running->pid : 0};
    std::vector<std::string> seenHere;  // instances
    for (const auto& instance : fleet->instances) {
      const bool isOfOtherInstance = !task_.instance.empty() && instance.instance != task_.instance;
      if (isOfOtherInstance || !operations::isMasterVisible(instance)) continue;
      const auto read = operations::logOfRun(instance, run);
      if (read && *read) return logOf(**read);
      if (read) seenHere.push_back(instance.instance);
    }
    const TaskLog empty{.attempt = attempt, .isRunning = true};
    return std::ranges::count(seenHere, task_.instance) > 0 ? empty : askForLog(attempt, seenHere);
  }

  Result<TaskLog> askForLog(int attempt, const std::vector<std::string>& seenHere) {
    const auto isOfRun = [&](const Json& json) { return json.is_object() && json.value("attempt", Json()) == attempt; };
    const auto answer = operations::askAboutTask(
        operations_, stores_, task_,
        {.kind = fleet::Question::Kind::Log, .taskId = task_.id, .longestWait = kMaxLogWait, .isAnswer = isOfRun},
        seenHere);
    TaskLog log{.attempt = attempt, .isRunning = true};
    if (!answer) {
      const auto code = answer.error().code();
      const bool hasLoggedNothing = code == ErrorCode::Invalid || (code == ErrorCode::Lost && !seenHere.empty());
      return hasLoggedNothing ? Result<TaskLog>(log) : answer.error();
    }
    const auto text = answer->json.find("log");
    if (text != answer->json.end() && text->is_string()) task::readLogText(text->get_ref<const std::string&>(), log);
    return log;
  }

  Operations& operations_;
  operations::Stores& stores_;
  const TaskDetails task_;
};

}  // namespace

Result<TaskLog> Operations::log(std::string_view id, int attempt) {
  if (auto log = logOfRunHere(*stores_, id, attempt)) return *std::move(log);
  auto found = task(id);
  if (!found) return found.error();
  return LogSearch(*this, *stores_, std::move(*found)).find(attempt);
}

}  // namespace leptir
