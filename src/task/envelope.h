// Reads and writes the envelope: a task as PHP leptir's JSON, byte-compatible in both directions (docs/wire-format.md).
#pragma once

#include "base/traceparent.h"
#include "leptir/result.h"
#include "leptir/spi/broker_task.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leptir::task {

struct Envelope {
  struct Part {
    std::size_t begin = 0, bytes = 0;
  };
  std::string text;
  Part escapedId;  // the part of `text` between the quotes of `td.id`
};

// Writes `{"cn","pr","tl","toex","td":{"id","parameters"}}` in PHP leptir's order, then those of leptir's own keys that
// are not zero. Text is escaped as PHP does (`\/`, `\uxxxx`); `parameters` is copied. It checks nothing: EncodedTask
// does.
Envelope writeEnvelope(const BrokerTask& task);
inline std::string encodeEnvelope(const BrokerTask& task) {
  return writeEnvelope(task).text;
}

// By how much a stored envelope may exceed kMaxEnvelopeBytes: a store adds counters, and blanks that make equal
// envelopes distinct.
inline constexpr std::size_t kMaxBytesAddedByStores = 1024;

// The fields of an envelope that the dispatcher needs; it does not decode the others.
struct EnvelopeHead {
  std::string id;
  std::string name;                     // without one leading backslash
  std::int64_t timeLimitSeconds = 0;    // `tl` as PHP converts it: a number, a numeric text or true; any other value
                                        // is 0; at most kMaxTimeSpan
  std::uint32_t maxAttempts = 0;        // `ma`
  std::optional<Time> timeOfExecution;  // `toex`, limited to kMaxTimeSpan from 1970
  std::optional<Time> pushedAt;         // `ts`
  std::optional<Time> expires;  // `expires`: a number or a numeric text, limited to kMaxTimeSpan from 1970; none for
                                // any other value, and for 0
  Counters counters;            // `at`, `cr`, `ex`, `un`, for stores that keep counters in envelopes
  std::optional<base::Traceparent> trace;  // `trace`; none for any value that is no traceparent
};

// Decodes and checks a whole envelope. It accepts every envelope that PHP leptir runs (tests/wire/): another order of
// the keys, blanks, missing `pr`, `tl` or `toex`, and a missing or null id, which becomes empty. Corrupt: the bytes are
// no envelope or nest deeper than kMaxJsonDepth; the message has the reason and the byte. Any thread; each has a
// parser.
Result<EnvelopeHead> decodeEnvelope(std::string_view envelope);

// `td.id` of bytes that decodeEnvelope refuses, so that their pusher can find what became of them: of JSON in any form,
// and of an envelope that was cut off behind its id. Empty: no valid id can be read.
std::string idInMalformed(std::string_view bytes);

// The fields of an envelope that a worker needs to run the task.
struct TaskCall {
  std::string id, name;                    // as in EnvelopeHead
  std::string parameters;                  // JSON text of `td.parameters`; "{}" if missing, null or an empty list
  std::optional<Time> expires;             // as in EnvelopeHead
  std::optional<base::Traceparent> trace;  // as in EnvelopeHead
  std::optional<Time> pushedAt;            // as in EnvelopeHead; only if it was asked for
};

// Whether `ts` is read, which few workers need.
enum class PushTimeReading { Skipped, Read };

// For workers: reads an envelope that decodeEnvelope accepted, with no check but those that reading needs.
Result<TaskCall> decodeTaskCall(std::string_view envelope, PushTimeReading pushTimeReading = PushTimeReading::Skipped);

}  // namespace leptir::task
