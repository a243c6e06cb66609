#include "settlement/run_record.h"

#include <utility>

#include "base/saturated.h"
#include "base/utf8.h"
#include "leptir/json.h"
#include "link/worker_stderr.h"
#include "meta/record_keys.h"
#include "settlement/crash_summary.h"
#include "task/log_text.h"

namespace leptir::settlement {
namespace {

namespace key = meta::key;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

MetaInfo recordOfTask(const HeldTask& task, const RecordAuthor& author) {
  MetaInfo record;
  record.id = task.head.id;
  record.lease = task.lease.number;
  record.type = task.head.name;
  record.attempt = task.counters.nextAttempt();
  record.host = author.host;
  record.pid = author.pid;
  record.pushed = task.head.pushedAt;
  return record;
}

RunFacts cancellation(const std::string& by, Time when) {
  return {.cause = Cause::Cancelled,
          .response = by.empty() ? "Cancelled." : "Cancelled by " + by + ".",
          .additional = writeJson(Json{{key::kCancelledBy, by}, {key::kCancelledAt, unixSeconds(when)}})};
}

// The members of an object as text; a text that is no object becomes one member, as writeMetaInfo writes it.
Json membersOf(const std::string& additional) {
  if (additional.empty()) return Json::object();
  auto members = parseJson(additional);
  return members && members->is_object() ? std::move(*members) : Json{{"additional", additional}};
}

// Adds to the record what a task said of itself. Members that leptir has set stay.
void addAdditionalMetaInfo(std::string said, MetaInfo& record) {
  if (said.empty()) return;
  if (record.additional.empty()) {
    record.additional = std::move(said);
    return;
  }
  auto members = membersOf(said);
  members.update(membersOf(record.additional));
  record.additional = writeJson(members);
}

RunFacts endingOf(const link::Verdict& verdict, Time ended) {
  switch (verdict.reason) {
    case link::StopReason::TimeLimit:
      return {.cause = Cause::TimedOut, .status = ExitStatus::TimeLimitExceeded, .response = "Time limit exceeded."};
    case link::StopReason::Cancel:
      return cancellation(verdict.cancelledBy, ended);
    default:
      return {.cause = crashCause(verdict), .status = ExitStatus::Error, .response = describeCrash(verdict)};
  }
}

}  // namespace

MetaInfo recordOf(const HeldTask& task, RunFacts run, const RecordAuthor& author) {
  auto record = recordOfTask(task, author);
  record.cause = nameOf(run.cause);
  record.returnCode = run.status;
  record.started = run.started;
  record.ended = run.ended;
  record.executionTime = seconds(run.executionTime);
  record.cpuTime = seconds(run.cpuTime);
  record.signal = run.signal;
  record.response = std::move(run.response);
  record.additional = std::move(run.additional);
  return record;
}

MetaInfo recordOfOutcome(const HeldTask& task, Outcome& outcome, const RecordAuthor& author) {
  auto record = recordOf(task,
                         {.cause = outcome.cause,
                          .status = outcome.status,
                          .started = outcome.started,
                          .ended = base::saturatedAdd(outcome.started, outcome.executionTime),
                          .executionTime = outcome.executionTime,
                          .cpuTime = outcome.cpuTime,
                          .signal = outcome.signal,
                          .response = std::move(outcome.response),
                          .additional = std::move(outcome.additional)},
                         author);
  record.flow = std::move(outcome.flow);
  record.result = std::move(outcome.result);
  record.stderrTail = std::move(outcome.stderrTail);
  record.log = task::newestLogLines(outcome.log, task::kMaxLogBytes);  // a task may have overwritten the outcome
  return record;
}

MetaInfo recordOfVerdict(const HeldTask& task, const link::Verdict& verdict, Time started, Time ended,
                         const RecordAuthor& author) {
  auto run = endingOf(verdict, ended);
  run.started = started;
  run.ended = ended;
  run.executionTime = base::saturatedSubtract(verdict.ended, verdict.started);
  run.cpuTime = verdict.cpuTime;
  run.signal = verdict.signal;
  auto record = recordOf(task, std::move(run), author);
  record.maxRss = verdict.maxRss;
  record.stack = verdict.stack;
  record.stderrTail = verdict.stderrTail;
  record.log = verdict.log;
  return record;
}

MetaInfo recordOfCancelled(const HeldTask& task, const std::string& by, Time now, const RecordAuthor& author) {
  auto run = cancellation(by, now);
  run.started = now;
  run.ended = now;
  return recordOf(task, std::move(run), author);
}

MetaInfo runningRecord(const HeldTask& task, Time started, const RecordAuthor& author) {
  auto record = recordOfTask(task, author);
  record.step = MetaStep::Running;
  record.status = TaskStatus::InProgress;
  record.started = started;
  return record;
}

void addBurial(const std::string& reason, MetaInfo& record) {
  auto members = membersOf(record.additional);
  members[key::kBuried] = reason;
  record.additional = writeJson(members);
}

void addTaskOutput(Outcome said, MetaInfo& record) {
  if (!said.response.empty()) record.response = said.response + ' ' + record.response;
  addAdditionalMetaInfo(std::move(said.additional), record);
  record.flow = std::move(said.flow);
  record.result = std::move(said.result);
  record.stderrTail += said.stderrTail;
  record.stderrTail.erase(
      0, record.stderrTail.size() - base::utf8Suffix(record.stderrTail, link::kStderrTailBytes).size());
}

std::string howItEnded(const MetaInfo& record) {
  return record.cause == nameOf(Cause::Finished) ? std::string(nameOf(record.returnCode)) : record.cause;
}

}  // namespace leptir::settlement
