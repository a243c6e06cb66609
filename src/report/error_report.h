// ErrorReport: one error of a task, as the dispatcher collects it and as a reporter gets it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/outcome.h"
#include "report/redaction.h"

namespace leptir::report {

// What went wrong; `ErrType` of the data.
enum class ErrorKind {
  TimeLimit,  // the run was ended at its time limit
  Exception,  // the task threw
  Crash,      // its worker, its program or dispatchers died
  Error,      // it returned an error
  Buried,     // it was buried without a run: no program had a task of its name, or its session expired too often
  Malformed,  // its bytes are no envelope
};
std::string_view nameOf(ErrorKind kind);

// What became of the task.
enum class TaskFate { Over, Retried, Buried };
std::string_view nameOf(TaskFate fate);

// The largest text of a report, and its largest parameters, in bytes.
inline constexpr std::size_t kMaxTextBytes = 16 * 1024;
// A text, or as much of its beginning or end as a report may have.
std::string beginningOf(std::string_view text);
std::string endOf(std::string_view text);
// A larger envelope is not kept for its report, which then lacks the parameters.
inline constexpr std::size_t kMaxEnvelopeBytes = 64 * 1024;

// The texts that a task chose are cut already (beginningOf, endOf), since many reports may wait.
struct ErrorReport {
  ErrorKind kind = ErrorKind::Error;
  TaskFate fate = TaskFate::Over;
  std::string reason{};  // why the task was buried; empty: it was not
  std::string id{};
  std::string name{};
  int attempt = 1;
  std::string cause{};   // nameOf(Cause)
  std::string status{};  // nameOf(ExitStatus)
  std::string response{};
  std::vector<std::string> stack{};
  std::string stderrTail{};
  int signal = 0;  // 0: none
  std::optional<ThrownError> thrown{};
  std::string envelope{};  // as stored, at most kMaxEnvelopeBytes; empty: it was larger, or is no JSON
  std::string broker{};
  std::string host{};
  int pid = 0;
  std::optional<Time> started{}, ended{};
  std::uint64_t suppressed = 0;  // see RepeatFilter
};

// The memory that it takes, in bytes.
std::size_t bytesOf(const ErrorReport& report);

// The sentence for ErrorReporter::reportMessage.
std::string messageOf(const ErrorReport& report);
// The data for ErrorReporter::addErrorData, which documents the keys. Parses the envelope; for any bytes it neither
// throws nor overflows the stack.
Json dataOf(const ErrorReport& report, const Redaction& redaction);

// What the dispatcher passes to the process of the reporters: the data, and either the exception or the sentence. The
// names of the members are used by both sides alone.
Json reporterCallOf(const ErrorReport& report, const Redaction& redaction);

}  // namespace leptir::report
