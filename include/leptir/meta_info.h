// The meta record: how a task went. PHP leptir's fields with PHP leptir's numbers, and leptir's own beside them
// (docs/wire-format.md has each field).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/outcome.h"

namespace leptir {

// `status` of the record.
enum class TaskStatus { Pending = 1, InProgress = 2, Completed = 3 };

// Which of two records about one lease is newer.
enum class MetaStep { Running = 1, Settled = 2 };

// One earlier attempt, short.
struct PastAttempt {
  int attempt = 0;
  std::string cause{};
  int returnCode = 0;
  double started = 0;        // Unix seconds
  double executionTime = 0;  // seconds
};

struct MetaInfo {
  std::string id{};
  std::uint64_t lease = 0;  // the fence of the run that it speaks of
  MetaStep step = MetaStep::Settled;

  TaskStatus status = TaskStatus::Completed;
  ExitStatus returnCode = ExitStatus::Unknown;  // Unknown while it is in progress
  double executionTime = 0;                     // `exTime`, seconds
  std::string response{};                       // `respM`
  std::string type{};                           // the task's name
  Time started{};                               // `exStart`

  int attempt = 1;
  std::string cause{};  // nameOf(Cause); empty while it runs
  std::string host{};
  int pid = 0;
  std::optional<Time> pushed{};
  std::optional<Time> ended{};  // `exEnd`
  double cpuTime = 0;           // seconds
  std::uint64_t maxRss = 0;     // bytes; 0: not known
  int signal = 0;               // 0: none
  std::vector<std::string> stack{};
  std::string stderrTail{};  // `stderr`
  std::vector<std::string> flow{};
  std::string result{};                // JSON text
  std::vector<PastAttempt> history{};  // at most the last ten
  std::string envelope{};              // unless it succeeded: so that it can be run again
  std::string additional{};  // JSON object text: merged over the fields above, all but `id`, `lease` and `step`
};

// A record replaces only one with a smaller (lease, step): a late writer changes nothing.
inline bool isNewer(const MetaInfo& a, std::uint64_t lease, MetaStep step) {
  return a.lease != lease ? a.lease > lease : a.step > step;
}

// The record as PHP leptir writes it to Redis: compact JSON, `id`, `status`, `retC`, `exTime`, `respM`, `type`,
// `exStart` in this order, then leptir's own that are not empty, then additional ones. Appends to `text`. Text that is
// not UTF-8 is written with U+FFFD in its place.
void writeMetaInfo(const MetaInfo& info, std::string& text);

}  // namespace leptir
