// ErrorReporter: passes the errors of tasks on to a service that collects them, as PHP leptir's ErrorReportInterface
// does. A program registers its reporters by name, and `error_reporting` in the configuration says which are used:
//
//   program.reporters.add<MyReporter>("Application.ErrorReporting");
//
//   error_reporting:
//     - class: Application.ErrorReporting
//
// leptir reports each exception and error of a task, crash of a worker, exceeded time limit, burial and refused
// envelope to each reporter, once its record is saved.
#pragma once

#include <string>

#include "leptir/json.h"
#include "leptir/outcome.h"
#include "leptir/stop_token.h"

namespace leptir::worker {
class ReportTask;
}

namespace leptir {

// A reporter is user code. It runs in a worker process of its own, with a time limit, and is stopped as a task is: one
// that throws, hangs or crashes loses the report that it was at, and nothing else. The process makes one object of each
// configured reporter and keeps it from report to report, until the process is replaced.
class ErrorReporter {
 public:
  virtual ~ErrorReporter() = default;

  // Data about the error, as an object; called once before each call of the other two functions. PHP leptir clears
  // nothing between two reports, nor does leptir: the reporter forgets the data itself once it has used them. The keys
  // (all but the first five can be missing):
  //
  //   id, name, attempt, cause, status   as in the record: the task's id and name, 1 for the first run, the words of
  //                                      nameOf(Cause) and nameOf(ExitStatus); a refused envelope has the id ""
  //   settled, reason                    what becomes of the task: "over", "retried" or "buried"; why it is buried
  //   response, stack, stderr, signal    as in the record
  //   exception                          {"type": C++ type, "message": …} of what the task threw
  //   parameters                         the task's, with the values of secret keys replaced by "[redacted]"
  //   broker, host, pid, version         where it ran; version is leptir's
  //   started, ended                     Unix seconds, as numbers
  //   suppressed                         how many identical errors were not reported since the last report of this one
  //   ErrType, TaskType, TaskId          PHP leptir's keys: TimeLimit, Exception, Crash, Error, Buried or Malformed;
  //                                      the task's name and id again
  virtual void addErrorData(const Json& data) = 0;
  // The task threw. The exception has stood in the data as well.
  virtual void reportException(const ThrownError& exception) = 0;
  // Any other error, in one sentence.
  virtual void reportMessage(const std::string& message) = 0;

 protected:
  // Fires when the present report is over its time limit: a reporter that waits for a service gives up then. kill_grace
  // later its process is killed.
  const StopToken& stopToken() const { return stopToken_; }

 private:
  friend class worker::ReportTask;  // sets the token before each report
  StopToken stopToken_;
};

}  // namespace leptir
