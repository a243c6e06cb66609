// The envelope: a task as PHP leptir's JSON, byte-compatible with PHP in both directions (docs/wire-format.md).
#pragma once

#include "leptir/broker_task.h"
#include "leptir/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace leptir {

// `{"cn","pr","tl","toex","td":{"id","parameters"}}` in PHP leptir's order, then leptir's own keys that are not zero.
// Appends to `out`. Text is escaped as PHP does (`\/`, `\uxxxx`); `parameters` stands as given.
void appendEnvelope(const BrokerTask& task, std::string& out);
std::string encodeEnvelope(const BrokerTask& task);

// Whether `task` may be pushed: Invalid (id or name against the rule of base/task_names.h; parameters not JSON; a limit
// that is negative or beyond kFarthest, a time of execution beyond it), TooLarge.
Result<void> checkBrokerTask(const BrokerTask& task);

// What an envelope may have beyond kMaxEnvelopeBytes when it comes back from its store: the counters that were added
// since its push, and the blanks that keep equal ones apart.
inline constexpr std::size_t kMaxAddedBytes = 1024;

// What the dispatcher needs to know of an envelope; what it does not need stays bytes.
struct EnvelopeHead {
  std::string id;
  std::string name;                     // one leading backslash taken off
  std::int64_t timeLimitSeconds = 0;    // `tl` read as PHP reads it: numbers, numeric text, true; all else 0; at most
                                        // kFarthest
  std::uint32_t maxAttempts = 0;        // `ma`
  std::optional<Time> timeOfExecution;  // `toex`; the nearest within kFarthest
  std::optional<Time> pushedAt;         // `ts`
  Counters counters;                    // `at`, `cr`, `ex`, `un`: for stores that keep them in the envelope
};

// Corrupt: no envelope, with the reason and the byte where it shows. Accepts all that a PHP consumer runs
// (tests/wire/: other key order, blanks, missing `pr` `tl` `toex`, null id …); an id that is missing or null is
// answered empty. Whole document is checked, nesting up to 511. Any thread; keeps a parser per thread.
Result<EnvelopeHead> decodeEnvelope(std::string_view envelope);

// What running a task takes of its envelope.
struct TaskCall {
  std::string id, name;    // as in EnvelopeHead
  std::string parameters;  // the JSON text of `td.parameters`; "{}" when missing, null or an empty list
};

// For the worker, of an envelope that decodeEnvelope accepted: checks no more than it must to get there.
Result<TaskCall> callIn(std::string_view envelope);

}  // namespace leptir
