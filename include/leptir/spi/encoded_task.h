// EncodedTask: a task to push, checked and written as an envelope.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/broker_task.h"

namespace leptir {

// Only encode() makes one, so a backend neither checks tasks nor knows the format of envelopes: it stores the bytes.
struct EncodedTask {
  // Invalid: the id or the name is empty, too long or no text, the parameters are no JSON, the time limit is negative,
  // a time exceeds kMaxTimeSpan, the task expires before its time of execution, or its traceparent is not a valid one.
  // TooLarge: the envelope exceeds kMaxEnvelopeBytes. The error names the task.
  static Result<EncodedTask> encode(const BrokerTask& task);

  // The id as the envelope has it between its quotes: with PHP's escapes.
  std::string_view escapedId() const { return std::string_view(envelope).substr(idBegin_, idBytes_); }

  std::string id;
  std::string name;
  std::optional<Time> timeOfExecution;
  Counters counters;
  std::string envelope;

 private:
  EncodedTask(const BrokerTask& task, std::string envelope, std::size_t idBegin, std::size_t idBytes);

  std::size_t idBegin_, idBytes_;
};

}  // namespace leptir
