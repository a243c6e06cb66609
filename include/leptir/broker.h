// Broker: the class through which applications push tasks. It covers all queues of a configuration and chooses one of
// them by priority, as PHP leptir does.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/base_task.h"
#include "leptir/json.h"
#include "leptir/store_access.h"
#include "leptir/task_counts.h"
#include "leptir/task_record.h"

namespace leptir {

class MetaStorage;   // leptir/meta_storage.h
class SimpleBroker;  // leptir/spi/simple_broker.h
struct EncodedTask;  // leptir/spi/encoded_task.h
namespace meta {
class RecordWaiter;
}

// How a task is pushed. Every field is optional; each has an initializer, so that `{.delay = 5min}` compiles without a
// warning.
struct PushOptions {
  std::optional<Time> timeOfExecution{};  // kept to the microsecond, or to BrokerTraits::duePrecision of the store
  Duration delay{};                       // from now, instead of timeOfExecution; at most kMaxTimeSpan
  // The task is not run if it has not begun by this time, by the clock of the machine that would run it; its record
  // then has the cause `expired`. A retry after this time is not run either. The time lies in the future, and after
  // timeOfExecution.
  std::optional<Time> expires{};
  Duration expiresAfter{};    // from now, instead of `expires`; zero: the task does not expire
  std::int64_t priority = 0;  // chooses the broker: the first whose priority index is at least this one, else the last
  std::int64_t timeLimitSeconds = 0;  // 0: the instance that runs the task uses its task_execution_time
  std::uint32_t maxAttempts = 0;      // 0: max_attempts of the task name in the instance's configuration, else 1
  std::string id{};                   // empty: the push makes a new id
  std::string broker{};               // the name of a broker, which then gets the task whatever its priority
  // The span that pushes the task, as W3C Trace Context writes it in the header `traceparent`. The task finds it in
  // TaskContext::traceparent, and its runs become spans of this trace if its flags say so and the instance sends spans
  // (docs/guide/tracing.md). Empty: none.
  std::string traceparent{};
};

// One task of a call to pushTasks.
struct TaskToPush {
  std::string name{};
  Json parameters = Json::object();
  PushOptions options{};
  // The JSON text of an object, which is pushed byte for byte instead of `parameters`, with numbers of any size and the
  // order of the keys unchanged. Empty: `parameters` are pushed.
  std::string parametersText{};
};

// Any thread may use a Broker; it lets one thread at a time use each store. It opens a store at the first call that
// needs the store, in the calling process; after a failure the next call tries again. A store that is down does not
// block calls for other stores.
class Broker {
 public:
  struct Entry {
    std::string name{};
    std::string type{};
    std::int64_t priority = 0;
    Duration taskCountCachingTime = std::chrono::milliseconds(200);
    std::function<Result<std::unique_ptr<SimpleBroker>>()> open{};  // one thread at a time calls it
  };
  // The task counts of one broker, or the error that counting gave; as `status` shows them.
  struct BrokerCounts {
    std::string name{};
    std::string type{};
    std::int64_t priority;
    Result<TaskCounts> counts;
  };

  // Without storages of records, no thread can wait for the end of a task.
  explicit Broker(std::vector<Entry> brokers, const Clock& clock = systemClock());
  Broker(std::vector<Entry> brokers, MetaStorage records, const Clock& clock = systemClock());
  ~Broker();
  Broker(Broker&&) noexcept;
  Broker& operator=(Broker&&) noexcept;

  // Pushes one task and returns its id; PHP leptir's signature. A push with PushOptions::id can be repeated: while a
  // task with that id is in the broker's queue, a second push adds nothing, and a buried task stays buried (find it
  // through access(index)). Invalid: the name, the id or the parameters break a rule, or there is no such broker.
  // TooLarge: the envelope exceeds its limit. Unavailable: the store is down or cannot be opened. Then the task was not
  // added, unless the store's answer was lost: push again with the same id.
  Result<std::string> pushTask(const BaseTask& task, std::optional<Time> timeOfExecution = {},
                               std::int64_t priority = 0, std::int64_t timeLimitSeconds = 0);
  // Pushes a task with parameters of any type that LEPTIR_PARAMETERS describes or a to_json function writes as an
  // object, or with braces: push("x", {{"a", 1}}). The keys of a Json or a struct are pushed in alphabetical order;
  // braces and an nlohmann::ordered_json keep their order.
  template <class Parameters = Json>
  Result<std::string> push(std::string name, const Parameters& parameters, PushOptions options = {}) {
    if constexpr (internal::checkWritableToJson<Parameters>()) {
      return pushTask(TaskToPush{std::move(name), Json(parameters), std::move(options)});
    }
  }
  Result<std::string> push(std::string name, const nlohmann::ordered_json& parameters, PushOptions options = {});
  Result<std::string> pushTask(TaskToPush task);
  // Pushes many tasks, with one operation for each store, and returns their ids in the same order. It checks all tasks
  // and opens all stores before it adds the first task. When a store fails after that, the error message says how many
  // tasks may not have been added, and names at most ten of their ids.
  Result<std::vector<std::string>> pushTasks(std::span<const TaskToPush> tasks);

  // Waits until the task is over, and returns its record (docs/wire-format.md describes the fields). A task is over
  // when leptir runs it no more by itself: it succeeded, failed for good, was cancelled, discarded or buried. A retry
  // that waits, and a run that was given back at a shutdown, are not the end. Whether a record tells of a success says
  // hasSucceeded (task_record.h).
  //
  // An id that is in no queue and has no record is waited for as well: the task may be pushed later, or its record may
  // not be saved yet. The record of an earlier task with the same id is returned at once; pass it as `previous`, and it
  // is ignored. A record that expires (expire_after_seconds) before a thread looked at it is missed.
  //
  // Any number of threads may wait, for the same task or for different ones: they share one connection, and block no
  // push. On SQLite and Redis saving the record ends the wait; on other stores, and for records of other programs, it
  // is found within a second. A store that is down is tried again until the timeout has passed.
  //
  // TimedOut: not over within `timeout`; the message says so if no storage answered. Corrupt: the record is damaged.
  // Invalid: no meta storage is configured, or the id is empty. The call may return later than `timeout` by as long as
  // a store takes to answer, a few seconds at most.
  Result<Json> wait(std::string_view id, Duration timeout, const Json& previous = Json());
  // Waits as above, and returns what the task returned or gave to setResult, as any type that nlohmann's from_json
  // reads. TaskFailed: the task is over without success; the message has its response. Invalid: the result does not fit
  // into a T, or there is none (for Json, null is returned then).
  template <class T = Json>
  Result<T> result(std::string_view id, Duration timeout) {
    auto record = wait(id, timeout);
    if (!record) return record.error();
    return resultAs<T>(*record);
  }

  // The counts of each broker, at most task_count_caching_time old.
  std::vector<BrokerCounts> tasksCount();
  // The number of brokers. They are indexed in order of priority, in which a push considers them.
  std::size_t size() const { return brokers_.size(); }

  // For commands.
  using Access = StoreAccess<SimpleBroker>;
  // Locks a store, and opens it first where necessary. Unavailable: it cannot be opened, for any reason. NotFound: the
  // brokers were opened with BrokerUse::Inspect, and the store does not exist yet.
  Result<Access> access(std::size_t index);
  const std::string& name(std::size_t index) const;
  // The index of the broker that a push with these options would choose. Invalid: no broker has the name that the
  // options ask for, or the configuration has no broker.
  Result<std::size_t> brokerFor(const PushOptions& options) const;

 private:
  struct LazyBroker;
  Result<void> openStoresOf(std::span<const std::vector<EncodedTask>> parts);
  Result<void> pushParts(std::span<const std::vector<EncodedTask>> parts);

  std::vector<std::unique_ptr<LazyBroker>> brokers_;
  std::unique_ptr<meta::RecordWaiter> recordWaiter_;  // null: no meta storage is configured
  const Clock* clock_;
};

}  // namespace leptir
