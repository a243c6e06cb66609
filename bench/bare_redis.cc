// The baseline for Redis: one thread that sends a redis-server the commands that an instance sends for no-op tasks,
// pipelined, without processes, slots or decisions. The throughput of an instance is compared with this number, in the
// same run on the same machine. Arguments: number of tasks, unix socket of the server, layout of records (plain or
// hashed). Prints tasks a second, then pushes a second of one client that pushes one task at a time and has encoded all
// requests beforehand.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/redis/redis_broker.h"
#include "backends/redis/redis_broker_calls.h"
#include "backends/redis/redis_session_calls.h"
#include "base/task_id.h"

namespace leptir {
namespace {

constexpr std::size_t kBatch = 512;
constexpr int kSinglePushes = 2000;
constexpr std::string_view kSession = "0123456789abcdef0123456789abcdef:1";

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Batch {
  std::uint64_t first = 0;
  std::vector<LeasedTask> tasks;
};

class Loop {
 public:
  Loop(std::shared_ptr<redis::RedisConnection> connection, bool hashed)
      : connection_(*connection), queue_(std::move(connection), "leptir:ztasks", 70000), hashed_(hashed) {
    must(redis::RedisScriptLoader(connection_).load({&queue_.scripts.leaseTasks, &queue_.scripts.acknowledgeTasks}));
  }

  std::size_t run() {
    appendLease();
    auto replies = must(connection_.exchange());
    std::size_t done = 0;
    for (auto batch = batchIn(replies.back().value()); !batch.tasks.empty();) {
      done += batch.tasks.size();
      for (const auto& task : batch.tasks) appendRecord(task);
      appendAcknowledge(batch);
      appendLease();
      replies = must(connection_.exchange());
      batch = batchIn(replies.back().value());
    }
    return done;
  }

 private:
  void appendLease() { connection_.append(redis::calls::leaseTasks(queue_, kSession, kBatch).words()); }

  void appendRecord(const LeasedTask& task) {
    const auto record = fmt::format(
        R"({{"id":"{}","status":3,"retC":1,"exTime":{},"respM":"","type":"noop","exStart":{{"date":"2026-11-23 18:00:00.000000",)"
        R"("timezone_type":3,"timezone":"UTC"}},"lease":{},"attempt":1,"cause":"finished","host":"host","pid":4242,)"
        R"("pushed":1795452039.5,"exEnd":1795452040.25,"cpuTime":0.000001}})",
        task.lease.handle, 0.000002, task.lease.number);
    if (hashed_) {
      connection_.append({"HSETNX", "leptir:taskinfo.1", task.lease.handle, record});
    } else {
      connection_.append({"SET", "leptir:taskinfo:" + task.lease.handle, record, "PX", "86399999", "NX"});
    }
  }

  void appendAcknowledge(const Batch& batch) {
    std::vector<LeaseId> leases;
    for (const auto& task : batch.tasks) leases.push_back(task.lease);
    connection_.append(redis::calls::acknowledgeTasks(queue_, kSession, leases, redis::calls::HeldLeases::All).words());
  }

  Batch batchIn(redis::RedisValue reply) const {
    if (reply.isError()) throw std::runtime_error(std::string(reply.text()));
    Batch batch{.first = static_cast<std::uint64_t>(reply[0].integer())};
    const auto envelopes = reply[2];
    for (std::size_t i = 0; i < envelopes.size(); ++i)
      batch.tasks.push_back(redis::leasedTask(batch.first + i, envelopes[i].text()));
    return batch;
  }

  redis::RedisConnection& connection_;
  redis::RedisQueue queue_;
  bool hashed_;
};

void push(redis::RedisBroker& broker, std::size_t tasks) {
  std::vector<BrokerTask> batch(1000);
  for (std::size_t done = 0; done < tasks; done += batch.size()) {
    for (auto& task : batch) {
      task.id = base::makeTaskId(systemClock());
      task.name = "noop";
      task.parameters = R"({"text":")" + std::string(180, 'x') + "\"}";
      task.pushedAt = systemClock().now();
    }
    must(broker.pushBrokerTasks(batch));
  }
}

std::shared_ptr<redis::RedisConnection> connectionTo(const std::string& socket) {
  redis::RedisAddress address;
  address.scheme = redis::RedisAddress::Scheme::Unix;
  address.path = socket;
  return std::make_shared<redis::RedisConnection>(address);
}

double secondsSince(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double tasksPerSecond(std::size_t tasks, const std::string& socket, bool hashed) {
  auto connection = connectionTo(socket);
  auto broker = must(redis::RedisBroker::open(connection, "leptir:ztasks"));
  push(*broker, tasks);
  const auto session = must(broker->openSession({std::string(kSession.substr(0, 32)), 1}, {}, std::chrono::hours(1)));
  const auto began = std::chrono::steady_clock::now();
  if (Loop(connection, hashed).run() != tasks) throw std::runtime_error("the loop lost tasks");
  return static_cast<double>(tasks) / secondsSince(began);
}

// Pushes a second of one client that sends one task a request and waits for each reply.
double pushesPerSecond(const std::string& socket) {
  auto connection = connectionTo(socket);
  const redis::RedisQueue queue(connection, "leptir:ztasks", 70000);
  must(redis::RedisScriptLoader(*connection).load({&queue.scripts.pushTasks}));
  std::vector<EncodedTask> tasks;
  for (int i = 0; i < kSinglePushes; ++i) {
    BrokerTask task;
    task.id = base::makeTaskId(systemClock());
    task.name = "noop";
    task.parameters = R"({"text":")" + std::string(180, 'x') + "\"}";
    task.pushedAt = systemClock().now();
    tasks.push_back(must(EncodedTask::encode(task)));
  }
  std::vector<redis::RedisScriptCall> calls;
  for (const auto& task : tasks) {
    const EncodedTask* const one[] = {&task};
    calls.push_back(redis::calls::pushTasks(queue, one));
  }
  const auto began = std::chrono::steady_clock::now();
  for (const auto& call : calls) {
    connection->append(call.words());
    if (must(connection->exchange()).back().value().integer() != 1) throw std::runtime_error("a push was refused");
  }
  return kSinglePushes / secondsSince(began);
}

}  // namespace
}  // namespace leptir

int main(int argc, char** argv) try {
  if (argc != 4) throw std::runtime_error("usage: bare_redis TASKS SOCKET plain|hashed");
  const auto tasks = std::strtoull(argv[1], nullptr, 10) / 1000 * 1000;
  fmt::print("{:.0f}\n", leptir::tasksPerSecond(tasks, argv[2], std::string_view(argv[3]) == "hashed"));
  fmt::print("{:.0f}\n", leptir::pushesPerSecond(argv[2]));
} catch (const std::exception& error) {
  fmt::print(stderr, "bare_redis: {}\n", error.what());
  return 1;
}
