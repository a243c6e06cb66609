#include "leptir/spi/encoded_task.h"

#include <fmt/format.h>

#include <utility>

#include "base/task_names.h"
#include "base/traceparent.h"
#include "leptir/json.h"
#include "task/envelope.h"
#include "task/json_reader.h"
#include "task/times_of_task.h"

namespace leptir {
namespace {

// Parameters are nested inside two objects: the envelope and `td`.
constexpr int kMaxParametersDepth = kMaxJsonDepth - 2;

}  // namespace

EncodedTask::EncodedTask(const BrokerTask& task, std::string written, std::size_t idBegin, std::size_t idBytes)
    : id(task.id),
      name(task.name),
      timeOfExecution(task.timeOfExecution),
      counters(task.counters),
      envelope(std::move(written)),
      idBegin_(idBegin),
      idBytes_(idBytes) {}

Result<EncodedTask> EncodedTask::encode(const BrokerTask& task) {
  if (auto id = base::checkTaskId(task.id); !id) return id.error();
  if (auto name = base::checkTaskName(task.name); !name) return name.error().in("task " + task.id);
  if (auto times = task::checkTimes(task.timeLimitSeconds, task.timeOfExecution, task.expires); !times)
    return times.error().in("task " + task.id);
  if (!task.traceparent.empty() && !base::Traceparent::parse(task.traceparent))
    return Error(ErrorCode::Invalid,
                 fmt::format("task {}: {}", task.id, base::invalidTraceparentMessage(task.traceparent)));
  auto [text, escapedId] = task::writeEnvelope(task);
  if (text.size() > kMaxEnvelopeBytes)
    return Error(ErrorCode::TooLarge,
                 fmt::format("task {}: {} bytes, more than {}", task.id, text.size(), kMaxEnvelopeBytes));
  if (auto json = task::checkJson(task.parameters, kMaxParametersDepth); !json)
    return Error(ErrorCode::Invalid, fmt::format("task {}: parameters: {}", task.id, json.error().message()));
  return EncodedTask(task, std::move(text), escapedId.begin, escapedId.bytes);
}

}  // namespace leptir
