#include "leptir/broker.h"

#include <algorithm>
#include <utility>

#include "base/id_list.h"
#include "base/task_id.h"
#include "broker/count_cache.h"
#include "broker/rank_selection.h"
#include "task/envelope.h"
#include "task/json_members.h"

namespace leptir {

namespace {

// Errors of opening a store become Unavailable: the caller did nothing wrong and may try again, perhaps after an
// operator has repaired something. NotFound is kept.
ErrorCode codeOfOpening(const Error& error) {
  return error.code() == ErrorCode::NotFound ? ErrorCode::NotFound : ErrorCode::Unavailable;
}

}  // namespace

struct Broker::LazyBroker {
  LazyBroker(Entry given, const Clock& clock) : entry(std::move(given)), cache(entry.taskCountCachingTime, clock) {}

  Result<SimpleBroker*> open() {
    if (store && store->isUsable()) return store.get();
    store.reset();
    auto opened = entry.open();
    if (!opened) return Error(codeOfOpening(opened.error()), "broker " + entry.name + ": " + opened.error().message());
    store = std::move(*opened);
    return store.get();
  }

  Entry entry;
  broker::CountCache cache;
  std::unique_ptr<SimpleBroker> store;  // null: not opened yet
  std::mutex mutex;                     // guards all of the above
};

namespace {

Error refused(const TaskToPush& task, const std::string& why) {
  return Error(ErrorCode::Invalid, "task '" + task.name + "': " + why);
}

// A delay keeps its fraction of a second; a time of execution is cut to whole seconds, which is what the envelope can
// store.
std::optional<Time> dueTime(const PushOptions& options, Time now) {
  if (options.delay != Duration::zero()) return std::min(now + options.delay, Time(kMaxTimeSpan));
  if (!options.timeOfExecution || isBeyondMaxTimeSpan(*options.timeOfExecution)) return options.timeOfExecution;
  return std::chrono::floor<std::chrono::seconds>(*options.timeOfExecution);
}

// Why these options are not valid; empty: they are.
std::string complaint(const PushOptions& options) {
  if (options.timeOfExecution && options.delay != Duration::zero())
    return "has a time of execution and a delay; give one of them";
  if (options.delay < Duration::zero()) return "has a negative delay";
  if (options.delay > kMaxTimeSpan)
    return "has a delay of more than " + std::to_string(kMaxTimeSpan.count()) + " s; give a shorter one";
  return "";
}

constexpr const char* kEmptyMap = "[]";  // as PHP writes it

// The text that the application wrote, without spaces around it.
Result<std::string> parametersAsText(const TaskToPush& task) {
  const auto text = task::withoutJsonBlanks(task.parametersText);
  if (!text.starts_with('{') && !text.starts_with('[')) return refused(task, "parameters must be a JSON object");
  const auto inside = task::withoutJsonBlanks(text.substr(1));
  const bool isEmpty = text.starts_with('{') ? inside == "}" : inside == "]";
  return std::string(isEmpty ? kEmptyMap : text);
}

Result<std::string> parametersOf(const TaskToPush& task) {
  if (!task.parametersText.empty()) return parametersAsText(task);
  const auto& parameters = task.parameters;
  if (!parameters.is_null() && !parameters.is_structured()) return refused(task, "parameters must be a JSON object");
  if (parameters.empty()) return std::string(kEmptyMap);
  auto written = writeJsonExactly(parameters);
  if (!written) return written.error().in("task '" + task.name + "': parameters");
  return written;
}

Result<BrokerTask> toBrokerTask(const TaskToPush& task, const Clock& clock) {
  const auto& options = task.options;
  if (const auto why = complaint(options); !why.empty()) return refused(task, why);

  const auto now = clock.now();
  BrokerTask made;
  made.id = options.id.empty() ? base::makeTaskId(clock) : options.id;
  made.name = task.name;
  auto parameters = parametersOf(task);
  if (!parameters) return parameters.error();
  made.parameters = std::move(*parameters);
  made.priority = options.priority;
  made.timeOfExecution = dueTime(options, now);
  made.timeLimitSeconds = options.timeLimitSeconds;
  made.maxAttempts = options.maxAttempts;
  made.pushedAt = now;
  if (auto fine = task::checkBrokerTask(made); !fine) return fine.error();
  return made;
}

}  // namespace

Broker::Broker(std::vector<Entry> brokers, const Clock& clock) : clock_(&clock) {
  std::ranges::stable_sort(brokers, {}, &Entry::priority);
  for (auto& entry : brokers) brokers_.push_back(std::make_unique<LazyBroker>(std::move(entry), clock));
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
  return pushTask(TaskToPush{task.name(), task.getData(), std::move(options), task.dataText_});
}

Result<std::string> Broker::push(std::string name, const nlohmann::ordered_json& parameters, PushOptions options) {
  TaskToPush task{std::move(name), Json(parameters), std::move(options)};
  auto written = parametersOf(task);  // refuses values that JSON cannot represent
  if (!written) return written.error();
  if (*written != kEmptyMap) task.parametersText = parameters.dump(-1, ' ', true);
  return pushTask(std::move(task));
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
    const auto index = brokerFor(task.options);
    if (!index) return index.error();
    auto made = toBrokerTask(task, *clock_);
    if (!made) return made.error();
    ids.push_back(made->id);
    parts[*index].push_back(std::move(*made));
  }
  if (auto opened = openStoresOf(parts); !opened) return opened.error();
  if (auto pushed = pushParts(parts); !pushed) return pushed.error();
  return ids;
}

Result<void> Broker::openStoresOf(std::span<const std::vector<BrokerTask>> parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    if (auto opened = access(i); !opened) return opened.error();
  }
  return {};
}

Result<void> Broker::pushParts(std::span<const std::vector<BrokerTask>> parts) {
  std::optional<Error> first;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    auto store = access(i);
    const auto pushed = store ? (*store)->pushBrokerTasks(parts[i]) : Result<void>(store.error());
    if (pushed) continue;
    if (!first) first = pushed.error().in("broker " + name(i));
    for (const auto& task : parts[i]) missing.push_back(task.id);
  }
  if (!first) return {};
  return Error(first->code(), first->message() + "; these tasks may not have been added: " + base::idList(missing));
}

Result<std::size_t> Broker::brokerFor(const PushOptions& options) const {
  std::vector<std::int64_t> priorities;
  std::string names;
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    if (!options.broker.empty() && brokers_[i]->entry.name == options.broker) return i;
    priorities.push_back(brokers_[i]->entry.priority);
    if (!options.broker.empty()) names += (names.empty() ? "" : ", ") + brokers_[i]->entry.name;
  }
  if (!options.broker.empty()) {
    return Error(ErrorCode::Invalid, "no broker is named '" + options.broker + "'; configured: " + names);
  }
  const auto index = broker::RankSelection(priorities).forPush(options.priority);
  if (!index) return Error(ErrorCode::Invalid, "no broker is configured");
  return *index;
}

std::vector<Broker::BrokerCounts> Broker::tasksCount() {
  std::vector<BrokerCounts> counted;
  for (const auto& held : brokers_) {
    const std::lock_guard lock(held->mutex);
    const auto store = held->open();
    counted.push_back({held->entry.name, held->entry.type, held->entry.priority,
                       store ? held->cache.countsOf(**store) : Result<TaskCounts>(store.error())});
  }
  return counted;
}

Result<Broker::Access> Broker::access(std::size_t index) {
  auto& held = *brokers_.at(index);
  std::unique_lock lock(held.mutex);
  const auto store = held.open();
  if (!store) return store.error();
  return Access(std::move(lock), *store);
}

const std::string& Broker::name(std::size_t index) const {
  return brokers_.at(index)->entry.name;
}

}  // namespace leptir
