#include "leptir/broker.h"

#include <algorithm>
#include <utility>

#include "base/id_list.h"
#include "base/lazy_store.h"
#include "broker/count_cache.h"
#include "broker/rank_selection.h"
#include "broker/task_to_push.h"
#include "leptir/meta_storage.h"
#include "leptir/spi/simple_broker.h"
#include "meta/record_waiter.h"

namespace leptir {

struct Broker::LazyBroker {
  LazyBroker(Entry entry, const Clock& clock)
      : name(std::move(entry.name)),
        type(std::move(entry.type)),
        priority(entry.priority),
        store("broker " + name, std::move(entry.open)),
        cache(entry.taskCountCachingTime, clock) {}

  const std::string name, type;
  const std::int64_t priority;
  base::LazyStore<SimpleBroker> store;
  broker::CountCache cache;  // only for the thread that has access to the store
};

Broker::Broker(std::vector<Entry> brokers, const Clock& clock) : clock_(&clock) {
  std::ranges::stable_sort(brokers, {}, &Entry::priority);
  for (auto& entry : brokers) brokers_.push_back(std::make_unique<LazyBroker>(std::move(entry), clock));
}

Broker::Broker(std::vector<Entry> brokers, MetaStorage records, const Clock& clock)
    : Broker(std::move(brokers), clock) {
  if (records.size() > 0) recordWaiter_ = std::make_unique<meta::RecordWaiter>(std::move(records));
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
  auto written = broker::writeParameters(name, parameters);
  if (!written) return written.error();
  return pushTask(
      TaskToPush{.name = std::move(name), .options = std::move(options), .parametersText = std::move(*written)});
}

Result<std::string> Broker::pushTask(TaskToPush task) {
  auto ids = pushTasks({&task, 1});
  if (!ids) return ids.error();
  return std::move(ids->front());
}

Result<std::vector<std::string>> Broker::pushTasks(std::span<const TaskToPush> tasks) {
  std::vector<std::string> ids;
  std::vector<std::vector<EncodedTask>> parts(brokers_.size());
  for (const auto& task : tasks) {
    const auto index = brokerFor(task.options);
    if (!index) return index.error();
    auto encoded = broker::encodeTask(task, *clock_);
    if (!encoded) return encoded.error();
    ids.push_back(encoded->id);
    parts[*index].push_back(std::move(*encoded));
  }
  if (auto opened = openStoresOf(parts); !opened) return opened.error();
  if (auto pushed = pushParts(parts); !pushed) return pushed.error();
  return ids;
}

Result<void> Broker::openStoresOf(std::span<const std::vector<EncodedTask>> parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    if (auto opened = access(i); !opened) return opened.error();
  }
  return {};
}

Result<void> Broker::pushParts(std::span<const std::vector<EncodedTask>> parts) {
  std::optional<Error> first;
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].empty()) continue;
    auto store = access(i);
    const auto pushed = store ? (*store)->pushEncodedTasks(parts[i]) : Result<void>(store.error());
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
    if (!options.broker.empty() && brokers_[i]->name == options.broker) return i;
    priorities.push_back(brokers_[i]->priority);
    if (!options.broker.empty()) names += (names.empty() ? "" : ", ") + brokers_[i]->name;
  }
  if (!options.broker.empty()) {
    return Error(ErrorCode::Invalid, "no broker is named '" + options.broker + "'; configured: " + names);
  }
  const auto index = broker::RankSelection(priorities).forPush(options.priority);
  if (!index) return Error(ErrorCode::Invalid, "no broker is configured");
  return *index;
}

Result<Json> Broker::wait(std::string_view id, Duration timeout, const Json& previous) {
  if (id.empty()) return Error(ErrorCode::Invalid, "the id of the task to wait for is empty");
  if (recordWaiter_ == nullptr) {
    return Error(ErrorCode::Invalid, "cannot wait for task " + std::string(id) + ": " + std::string(meta::kCannotWait));
  }
  return recordWaiter_->wait(id, timeout, previous);
}

std::vector<Broker::BrokerCounts> Broker::tasksCount() {
  std::vector<BrokerCounts> counted;
  for (const auto& broker : brokers_) {
    const auto store = broker->store.access();
    counted.push_back({broker->name, broker->type, broker->priority,
                       store ? broker->cache.countsOf(**store) : Result<TaskCounts>(store.error())});
  }
  return counted;
}

Result<Broker::Access> Broker::access(std::size_t index) {
  return brokers_.at(index)->store.access();
}

const std::string& Broker::name(std::size_t index) const {
  return brokers_.at(index)->name;
}

}  // namespace leptir
