// For tests of Broker: stores that record what is pushed and can be made to fail.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "leptir/broker.h"
#include "leptir/spi/simple_broker.h"
#include "task/envelope.h"
#include "task/json_members.h"

namespace leptir::broker {

// A task as it reached the store.
struct PushedTask {
  explicit PushedTask(const EncodedTask& task)
      : id(task.id),
        name(task.name),
        timeOfExecution(task.timeOfExecution),
        head(task::decodeEnvelope(task.envelope).value()),
        parameters(task::memberOf(task::memberOf(task.envelope, "td").value(), "parameters").value()) {}

  std::string id;
  std::string name;
  std::optional<Time> timeOfExecution;
  task::EnvelopeHead head;
  std::string parameters;
};

// A store that records the pushed tasks, and can be made to fail.
class RecordingBroker final : public SimpleBroker {
 public:
  Result<void> pushEncodedTasks(std::span<const EncodedTask> tasks) override {
    ++pushes;
    if (down) return Error(ErrorCode::Unavailable, "connection refused");
    for (const auto& task : tasks) pushed.emplace_back(task);
    return {};
  }
  Result<TaskCounts> tasksCount() override {
    ++counted;
    if (down) return Error(ErrorCode::Unavailable, "connection refused");
    return TaskCounts{.due = pushed.size()};
  }
  Result<std::unique_ptr<BrokerSession>> openSession(const SessionId&, const SessionInfo&, Duration) override {
    return unsupported();
  }
  Result<std::unique_ptr<BrokerSession>> resumeSession(const SessionId&) override { return unsupported(); }
  Result<std::size_t> recoverExpired(std::size_t) override { return unsupported(); }
  TaskKeeper& keeper() override { std::abort(); }
  bool isUsable() const override { return !broken; }
  BrokerTraits traits() const override { return {}; }

  bool down = false;
  bool broken = false;
  int pushes = 0;
  int counted = 0;
  std::vector<PushedTask> pushed;

 private:
  static Error unsupported() { return Error(ErrorCode::Unsupported, "only notes"); }
};

// Brokers "a", "b", "c", … with the given priorities, and their stores in the same order.
struct Brokers {
  explicit Brokers(std::vector<std::int64_t> priorities) {
    std::vector<Broker::Entry> entries;
    for (const auto priority : priorities) {
      auto store = std::make_unique<RecordingBroker>();
      stores.push_back(store.get());
      entries.push_back({std::string(1, static_cast<char>('a' + entries.size())), "noting", priority,
                         std::chrono::milliseconds(200),
                         [this, store = std::make_shared<std::unique_ptr<SimpleBroker>>(std::move(store))] {
                           return openOne(*store);
                         }});
    }
    broker.emplace(std::move(entries), clock);
  }

  Result<std::unique_ptr<SimpleBroker>> openOne(std::unique_ptr<SimpleBroker>& store) {
    ++opened;
    if (refused == store.get()) return Error(ErrorCode::Invalid, "wrong password");
    return std::move(store);
  }

  ManualClock clock;
  std::vector<RecordingBroker*> stores;
  SimpleBroker* refused = nullptr;  // the one that cannot be opened
  int opened = 0;
  std::optional<Broker> broker;
};

inline TaskToPush task(std::string name, PushOptions options = {}) {
  return {std::move(name), Json::object(), std::move(options)};
}

}  // namespace leptir::broker
