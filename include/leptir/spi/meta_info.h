// MetaInfo: the record of a task's runs, with PHP leptir's fields and numbers and some fields of leptir's own.
// docs/wire-format.md describes each field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/outcome.h"

namespace leptir {

// The stage at which a record of a lease was written: of two records with one lease number, the one with the larger
// step is newer.
enum class MetaStep { Running = 1, Settled = 2 };

// A summary of an earlier attempt, for MetaInfo::history.
struct PastAttempt {
  int attempt = 0;
  std::string cause{};
  int returnCode = 0;
  double started = 0;        // Unix seconds
  double executionTime = 0;  // seconds
  std::string log{};         // as MetaInfo::log; empty also where it was left out, since later logs took the space
};

struct MetaInfo {
  std::string id{};
  std::uint64_t lease = 0;  // the lease number of the recorded run
  MetaStep step = MetaStep::Settled;

  TaskStatus status = TaskStatus::Completed;
  ExitStatus returnCode = ExitStatus::Unknown;  // Unknown while the run is in progress
  double executionTime = 0;                     // `exTime`, seconds
  std::string response{};                       // `respM`
  std::string type{};                           // the task's name
  Time started{};                               // `exStart`

  int attempt = 1;
  std::string cause{};  // nameOf(Cause); empty while the run is in progress
  std::string host{};
  int pid = 0;
  std::optional<Time> pushed{};
  std::optional<Time> ended{};  // `exEnd`
  double cpuTime = 0;           // seconds
  std::uint64_t maxRss = 0;     // bytes; 0: unknown
  int signal = 0;               // 0: none
  std::vector<std::string> stack{};
  std::string stderrTail{};  // `stderr`
  std::string log{};         // `taskLog`: the lines that the run logged
  std::vector<std::string> flow{};
  std::string result{};                // JSON text
  std::vector<PastAttempt> history{};  // the last ten earlier attempts at most
  std::string envelope{};              // empty after a success; otherwise the task can be pushed again with it
  std::string additional{};  // JSON object as text: its members replace the fields above, but not id, lease and step
};

// Whether `a` may replace a stored record with this lease and step. A record replaces only one with a smaller
// (lease, step), so a late writer changes nothing.
inline bool supersedes(const MetaInfo& a, std::uint64_t lease, MetaStep step) {
  return a.lease != lease ? a.lease > lease : a.step > step;
}

// Whether leptir runs the task no more by itself. A store tells waiting processes of such records (RecordWatch).
inline bool isOfTaskThatIsOver(const MetaInfo& info) {
  return info.step == MetaStep::Settled && info.status == TaskStatus::Completed;
}

// Appends the record to `text` as PHP leptir writes it to Redis: compact JSON with `id`, `status`, `retC`, `exTime`,
// `respM`, `type` and `exStart` in this order, then those of leptir's own fields that are not empty, then the members
// of `additional`. Bytes that are not UTF-8 become U+FFFD.
void writeMetaInfo(const MetaInfo& info, std::string& text);

}  // namespace leptir
