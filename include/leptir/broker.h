// What applications push through: several queues behind one door, with PHP leptir's priorities.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/base_task.h"
#include "leptir/json.h"
#include "leptir/simple_broker.h"

namespace leptir {

// How a task is pushed. All fields may be left out; each has an initializer, so that `{.delay = 5min}` compiles without
// a warning.
struct PushOptions {
  std::optional<Time> timeOfExecution{};  // whole seconds count
  Duration delay{};                       // instead of timeOfExecution: from now; at most kFarthest
  std::int64_t priority = 0;  // chooses the broker: the first whose priority index is at least this one, else the last
  std::int64_t timeLimitSeconds = 0;  // 0: task_execution_time of whoever runs it
  std::uint32_t maxAttempts = 0;      // 0: as the name's configuration says, else 1
  std::string id{};                   // empty: a new one is made
  std::string broker{};               // a broker by its name, whatever the priority says
};

// One of many for pushTasks.
struct TaskToPush {
  std::string name{};
  Json parameters = Json::object();
  PushOptions options{};
  // JSON text of an object, pushed byte for byte in place of `parameters`: numbers of any size and the order of the
  // keys stay. Empty: `parameters` count.
  std::string parametersText{};
};

// Any thread; each store is used by one thread at a time. A store is opened when it is first needed, by the process
// that uses it, and again while that fails: one that is down keeps nobody from the others.
class Broker {
 public:
  struct Entry {
    std::string name{};
    std::string type{};
    std::int64_t priority = 0;
    Duration taskCountCachingTime = std::chrono::milliseconds(200);
    std::function<Result<std::unique_ptr<SimpleBroker>>()> open{};  // under a lock: one thread at a time
  };
  // What `status` shows of one broker.
  struct Counted {
    std::string name{};
    std::string type{};
    std::int64_t priority;
    Result<TaskCounts> counts;
  };

  explicit Broker(std::vector<Entry> brokers, const Clock& clock = systemClock());
  ~Broker();
  Broker(Broker&&) noexcept;
  Broker& operator=(Broker&&) noexcept;

  // PHP leptir's push. Answers the task's id, which is made before anything is sent: with PushOptions::id a push can be
  // repeated and adds nothing while the task is in the queue of its broker; a buried one stays buried (its TaskKeeper
  // finds it: access(i)). Invalid: the name or id cannot be one, no broker.
  // TooLarge. Unavailable: the store is down or cannot be opened, whatever the reason; nothing was added, unless its
  // answer was lost on the way: push again with the same id.
  Result<std::string> pushTask(const BaseTask& task, std::optional<Time> timeOfExecution = {},
                               std::int64_t priority = 0, std::int64_t timeLimitSeconds = 0);
  // Any value that nlohmann's to_json knows, as an object; or braces: push("x", {{"a", 1}}). A Json and a struct have
  // their keys sorted; braces and an nlohmann::ordered_json keep their order.
  template <class Parameters = Json>
  Result<std::string> push(std::string name, const Parameters& parameters, PushOptions options = {}) {
    static_assert(internal::WritableToJson<Parameters>,
                  "leptir: this type cannot be written as task parameters: give the struct the macro "
                  "NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Type, members...), or a to_json function");
    if constexpr (internal::WritableToJson<Parameters>) {
      return pushTask(TaskToPush{std::move(name), Json(parameters), std::move(options)});
    }
  }
  Result<std::string> push(std::string name, const nlohmann::ordered_json& parameters, PushOptions options = {});
  Result<std::string> pushTask(TaskToPush task);
  // Many at once: each store gets its part in one operation. Answers the ids in the order given. All tasks are checked
  // and all stores opened before the first task is added; on an error of a store after that the message names the ids
  // that are not known to be added, ten at most, and how many they are.
  Result<std::vector<std::string>> pushTasks(std::span<const TaskToPush> tasks);

  // Each broker's counts, at most task_count_caching_time old.
  std::vector<Counted> tasksCount();
  // In order of priority, as pushes look at them. Stores are used under `Access` only.
  std::size_t size() const { return brokers_.size(); }

  // The sole use of one store, for commands: holds its lock while it lives.
  class Access {
   public:
    SimpleBroker& operator*() const { return *broker_; }
    SimpleBroker* operator->() const { return broker_; }

   private:
    friend class Broker;
    Access(std::unique_lock<std::mutex> lock, SimpleBroker* broker) : lock_(std::move(lock)), broker_(broker) {}
    std::unique_lock<std::mutex> lock_;
    SimpleBroker* broker_;
  };
  // Unavailable: it cannot be opened, whatever the reason. NotFound, where nothing is made: it was not made yet.
  Result<Access> access(std::size_t index);
  const std::string& name(std::size_t index) const;
  // Which of them a push with these options goes to. Invalid: none has that name, or there is none at all.
  Result<std::size_t> brokerFor(const PushOptions& options) const;

 private:
  struct Held;
  Result<void> openStoresOf(std::span<const std::vector<BrokerTask>> parts);
  Result<void> pushParts(std::span<const std::vector<BrokerTask>> parts);

  std::vector<std::unique_ptr<Held>> brokers_;
  const Clock* clock_;
};

}  // namespace leptir
