#include "leptir/broker.h"

#include <algorithm>
#include <utility>

#include "base/task_id.h"
#include "broker/count_cache.h"
#include "broker/rank_selection.h"
#include "task/envelope.h"

namespace leptir {

struct Broker::Held {
  Held(Entry opened, const Clock& clock) : entry(std::move(opened)), cache(entry.taskCountCachingTime, clock) {}

  Entry entry;
  CountCache cache;
  std::mutex mutex;  // guards cache and the use of entry.broker
};

namespace {

Error refused(const TaskToPush& task, const char* why) {
  return Error(ErrorCode::Invalid, "task '" + task.name + "': " + why);
}

// `from now` keeps its fraction; a point in time is whole seconds, as the envelope says it.
std::optional<Time> dueTime(const PushOptions& options, Time now) {
  if (options.delay != Duration::zero()) return now + options.delay;
  if (!options.timeOfExecution) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*options.timeOfExecution);
}

Result<BrokerTask> toBrokerTask(const TaskToPush& task, const Clock& clock) {
  const auto& options = task.options;
  const auto& parameters = task.parameters;
  if (options.timeOfExecution && options.delay != Duration::zero()) {
    return refused(task, "has a time of execution and a delay; give one of them");
  }
  if (options.delay < Duration::zero()) return refused(task, "has a negative delay");
  if (!parameters.is_null() && !parameters.is_structured()) return refused(task, "parameters must be a JSON object");

  const auto now = clock.now();
  BrokerTask made;
  made.id = options.id.empty() ? makeTaskId(clock) : options.id;
  made.name = task.name;
  if (!parameters.empty()) {
    auto written = writeJsonExactly(parameters);
    if (!written) return written.error().in("task '" + task.name + "': parameters");
    made.parameters = std::move(*written);
  }
  made.priority = options.priority;
  made.timeOfExecution = dueTime(options, now);
  made.timeLimitSeconds = options.timeLimitSeconds;
  made.maxAttempts = options.maxAttempts;
  made.pushedAt = now;
  if (auto fine = checkBrokerTask(made); !fine) return fine.error();
  return made;
}

std::string idsOf(std::span<const BrokerTask> tasks) {
  std::string ids;
  for (const auto& task : tasks) ids += (ids.empty() ? "" : ", ") + task.id;
  return ids;
}

}  // namespace

Broker::Broker(std::vector<Entry> brokers, const Clock& clock) : clock_(&clock) {
  std::ranges::stable_sort(brokers, {}, &Entry::priority);
  for (auto& entry : brokers) brokers_.push_back(std::make_unique<Held>(std::move(entry), clock));
}

Broker::~Broker() = default;
Broker::Broker(Broker&&) noexcept = default;
Broker& Broker::operator=(Broker&&) noexcept = default;

Result<std::string> Broker::pushTask(const BaseTask& task, std::optional<Time> timeOfExecution, std::int64_t priority,
                                     std::int64_t timeLimitSeconds) {
  PushOptions options;
  options.timeOfExecution = timeOfExecution;
  options.priority = priority;
  options.timeLimitSeconds = timeLimitSeconds;
  return pushTask(TaskToPush{task.name(), task.getData(), std::move(options)});
}

Result<std::string> Broker::pushTask(TaskToPush task) {
  auto ids = pushTasks({&task, 1});
  if (!ids) return ids.error();
  return std::move(ids->front());
}

Result<std::vector<std::string>> Broker::pushTasks(std::span<const TaskToPush> tasks) {
  std::vector<std::string> ids;
  std::vector<std::vector<BrokerTask>> parts(brokers_.size());
  for (const auto& task : tasks) {
    const auto index = chooseBroker(task.options);
    if (!index) return index.error();
    auto made = toBrokerTask(task, *clock_);
    if (!made) return made.error();
    ids.push_back(made->id);
    parts[*index].push_back(std::move(*made));
  }
  if (auto pushed = pushParts(parts); !pushed) return pushed.error();
  return ids;
}

Result<void> Broker::pushParts(std::span<const std::vector<BrokerTask>> parts) {
  std::optional<Error> first;
  std::string missing;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    const auto pushed = access(i)->pushBrokerTasks(parts[i]);
    if (pushed) continue;
    if (!first) first = pushed.error().in("broker " + name(i));
    missing += (missing.empty() ? "" : ", ") + idsOf(parts[i]);
  }
  if (!first) return {};
  return Error(first->code(), first->message() + "; not added: " + missing);
}

Result<std::size_t> Broker::chooseBroker(const PushOptions& options) const {
  std::vector<std::int64_t> priorities;
  std::string names;
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    if (!options.broker.empty() && brokers_[i]->entry.name == options.broker) return i;
    priorities.push_back(brokers_[i]->entry.priority);
    if (!options.broker.empty()) names += (names.empty() ? "" : ", ") + brokers_[i]->entry.name;
  }
  if (!options.broker.empty()) {
    return Error(ErrorCode::Invalid, "no broker has the name '" + options.broker + "': there are " + names);
  }
  const auto index = RankSelection(priorities).forPush(options.priority);
  if (!index) return Error(ErrorCode::Invalid, "no broker is configured");
  return *index;
}

std::vector<Broker::Counted> Broker::tasksCount() {
  std::vector<Counted> counted;
  for (const auto& held : brokers_) {
    const std::lock_guard lock(held->mutex);
    counted.push_back(
        {held->entry.name, held->entry.type, held->entry.priority, held->cache.countsOf(*held->entry.broker)});
  }
  return counted;
}

Broker::Access Broker::access(std::size_t index) {
  auto& held = *brokers_.at(index);
  return Access(std::unique_lock(held.mutex), held.entry.broker.get());
}

const std::string& Broker::name(std::size_t index) const {
  return brokers_.at(index)->entry.name;
}

}  // namespace leptir
