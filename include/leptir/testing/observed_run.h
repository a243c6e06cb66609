// ObservedRun: what a test sees of one run of a task.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "leptir/json.h"
#include "leptir/logger.h"
#include "leptir/outcome.h"
#include "leptir/parameters.h"

namespace leptir::testing {

// One line of a log, without its time and without the "[id](name) " that stands in front of it in a log file.
struct LoggedLine {
  LogLevel level = LogLevel::Info;
  std::string text{};

  friend bool operator==(const LoggedLine&, const LoggedLine&) = default;
};

// One call of TaskContext::progress.
struct ReportedProgress {
  double fraction = 0;  // from 0 to 1
  std::string text{};

  friend bool operator==(const ReportedProgress&, const ReportedProgress&) = default;
};

struct ObservedRun {
  std::string id{};
  std::string name{};
  int attempt = 1;
  Outcome outcome{};                         // status, cause, response and times, as the record will have them
  std::vector<std::string> responseLines{};  // of addResponseLine, and of the exception if the task threw
  std::vector<std::string> states{};         // of changeState
  std::vector<LoggedLine> log{};             // what the task itself logged, not leptir's lines about it
  std::vector<ReportedProgress> progress{};
  Json result{};  // of setResult, or what the task's function returned; null: none

  // The task ended by itself, with Success or Warning, and asked neither for another run nor to be discarded.
  bool succeeded() const;
  // The delay that retryAfter asked for, if that is how the run ended.
  const std::optional<Duration>& retryDelay() const { return outcome.retryAfter; }
  // The run ended with discard().
  bool isDiscarded() const { return outcome.cause == Cause::Discarded; }
  // The result as a struct or another type. Throws InputError when it does not fit, as parametersAs does.
  template <class T>
  T resultAs() const {
    return parametersAs<T>(result);
  }
  // One line about the run, for the message of a failed test: "resize (attempt 1): error, threw: <response>".
  std::string description() const;
};

// For messages of test frameworks.
std::ostream& operator<<(std::ostream& stream, const ObservedRun& run);
std::ostream& operator<<(std::ostream& stream, const LoggedLine& line);
std::ostream& operator<<(std::ostream& stream, const ReportedProgress& progress);

}  // namespace leptir::testing
