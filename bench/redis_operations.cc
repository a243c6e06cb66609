// What the operations of an operator take on a redis-server with many tasks: pages of a list, and the revival of all
// buried tasks while another client leases. Arguments: number of tasks, unix socket of an empty server, number of
// records (then pages of these are measured, too, and no task is buried).
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/redis/redis_broker.h"
#include "backends/redis/redis_meta_storage.h"
#include "base/task_id.h"

namespace leptir {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;
constexpr std::size_t kBatch = 1000;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class Work>
double millisecondsOf(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return Milliseconds(std::chrono::steady_clock::now() - begin).count();
}

std::shared_ptr<redis::RedisConnection> connectionTo(const std::string& socket) {
  redis::RedisAddress address;
  address.scheme = redis::RedisAddress::Scheme::Unix;
  address.path = socket;
  return std::make_shared<redis::RedisConnection>(std::move(address));
}

std::unique_ptr<redis::RedisBroker> open(const std::string& socket) {
  return must(redis::RedisBroker::open(connectionTo(socket), "leptir:ztasks", redis::PhpConsumers::No));
}

void push(SimpleBroker& broker, std::size_t count) {
  for (std::size_t pushed = 0; pushed < count; pushed += kBatch) {
    std::vector<BrokerTask> tasks(kBatch);
    for (auto& task : tasks) {
      task.id = base::makeTaskId();
      task.name = "App\\Jobs\\SendMail";
      task.parameters = R"({"to":"user@example.org","subject":"hello","body":")" + std::string(120, 'x') + "\"}";
    }
    must(broker.pushBrokerTasks(tasks));
  }
}

void listPages(TaskKeeper& keeper) {
  TaskList page;
  const auto time = [&](std::string_view what, const TaskFilter& filter, std::size_t limit) {
    const auto took = millisecondsOf([&] { page = must(keeper.list(filter, page.cursor, limit)); });
    fmt::print("{}: {:.1f} ms, {} of {} tasks\n", what, took, page.tasks.size(), page.examined);
  };
  time("first page of 100", {}, 100);
  for (int i = 0; i < 200; ++i) page = must(keeper.list({}, page.cursor, 1000));
  time("page of 100 behind 200,000", {}, 100);
  time("page of 1,000 behind 200,000", {}, 1000);
  time("page by a name that no task has", {.name = "Other"}, 100);
  time("page by the beginning of an id", {.idPrefix = "zz"}, 100);
  page = {};
  time("page of 100 of the latest", {.order = ListOrder::LatestFirst}, 100);
  page = {};
  time("page by a time", {.dueFrom = Time(std::chrono::seconds(4'000'000'000))}, 100);
  fmt::print("earliest due time: {:.1f} ms\n", millisecondsOf([&] { must(keeper.earliestDue()); }));
}

void save(SimpleMetaStorage& storage, std::size_t count) {
  for (std::size_t saved = 0; saved < count; saved += kBatch) {
    std::vector<MetaInfo> records(kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) {
      auto& record = records[i];
      record.id = base::makeTaskId();
      record.lease = 1;
      record.type = "App\\Jobs\\SendMail";
      record.cause = i % 100 == 0 ? "threw" : "finished";
      record.returnCode = i % 100 == 0 ? ExitStatus::Error : ExitStatus::Success;
      record.started = systemClock().now();
      record.ended = record.started;
    }
    must(storage.saveMetaInfo(records));
  }
}

void listRecordPages(SimpleMetaStorage& storage) {
  RecordList page;
  const auto time = [&](std::string_view what, const MetaFilter& filter) {
    const auto took = millisecondsOf([&] { page = must(storage.listRecords(filter, "", 100)); });
    fmt::print("{}: {:.1f} ms, {} of {} records\n", what, took, page.records.size(), page.examined);
  };
  time("page of 100 records", {});
  time("page of the 100 oldest records", {.order = ListOrder::EarliestFirst});
  time("page of records by a name that none has", {.name = "Other"});
  time("page of records by a time", {.savedBefore = systemClock().now() - std::chrono::seconds(1)});
}

void buryAll(SimpleBroker& broker) {
  const auto session = must(broker.openSession({std::string(32, 'a'), 1}, {}, std::chrono::hours(1)));
  Wake wake;
  for (auto leased = must(session->popBrokerTasks(kBatch, Duration(0), wake)); !leased.empty();
       leased = must(session->popBrokerTasks(kBatch, Duration(0), wake))) {
    std::vector<TaskBurial> burials;
    for (const auto& task : leased)
      burials.push_back({task.lease, {.failures = 5}, "failed five times", task.envelope});
    must(session->bury(burials));
  }
}

std::size_t reviveAll(TaskKeeper& keeper) {
  std::size_t revived = 0;
  std::string cursor;
  do {
    const auto page = must(keeper.list({.state = TaskState::Buried}, cursor, kMaxTasksPerChange));
    std::vector<std::string> ids;
    for (const auto& task : page.tasks) ids.push_back(task.id);
    revived += must(keeper.revive(ids));
    cursor = page.cursor;
  } while (!cursor.empty());
  return revived;
}

// Leases and acknowledges one task after the other, as long as the others work; returns how long each lease took, in
// ms.
std::vector<double> leaseMeanwhile(SimpleBroker& broker, const std::atomic<bool>& isOver) {
  const auto session = must(broker.openSession({std::string(32, 'b'), 1}, {}, std::chrono::hours(1)));
  std::vector<double> took;
  Wake wake;
  while (!isOver) {
    std::vector<LeasedTask> leased;
    took.push_back(millisecondsOf([&] { leased = must(session->popBrokerTasks(1, std::chrono::seconds(1), wake)); }));
    for (const auto& task : leased) must(session->acknowledge(std::vector<LeaseId>{task.lease}));
  }
  std::ranges::sort(took);
  return took;
}

// CPU time of the thread that calls it, in ms.
double cpuOfThread() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e3 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e6;
}

// CPU time of the server, in ms.
double cpuOfServer(redis::RedisConnection& connection) {
  const auto info = must(connection.run({"INFO", "cpu"}));
  double sum = 0;
  for (const std::string_view name : {"used_cpu_sys:", "used_cpu_user:"}) {
    const std::string text(info.value().text());
    sum += std::stod(text.substr(text.find(name) + name.size()));
  }
  return 1e3 * sum;
}

void revive(SimpleBroker& broker, SimpleBroker& other, redis::RedisConnection& connection) {
  std::atomic<bool> isOver = false;
  std::vector<double> leases;
  std::jthread leasing([&] { leases = leaseMeanwhile(other, isOver); });
  std::size_t revived = 0;
  const auto server = cpuOfServer(connection), client = cpuOfThread();
  const auto took = millisecondsOf([&] { revived = reviveAll(broker.keeper()); });
  const auto clientTook = cpuOfThread() - client, serverTook = cpuOfServer(connection) - server;
  isOver = true;
  leasing.join();
  fmt::print("revived {} tasks in {:.2f} s; {} leases meanwhile, 99 % of them in {:.1f} ms, the longest {:.1f} ms\n",
             revived, took / 1000, leases.size(), leases[leases.size() * 99 / 100], leases.back());
  fmt::print("CPU time for a thousand tasks: {:.2f} ms of the reviving thread, {:.2f} ms of the server\n",
             clientTook / static_cast<double>(revived) * 1e3, serverTook / static_cast<double>(revived) * 1e3);
}

void run(std::size_t count, const std::string& socket, std::size_t records) {
  const auto broker = open(socket), other = open(socket);
  push(*broker, count);
  listPages(broker->keeper());
  if (records > 0) {
    redis::RedisMetaStorage storage(connectionTo(socket), "leptir:taskinfo", redis::RedisLayout::Hashed, {});
    save(storage, records);
    listRecordPages(storage);
    return;
  }
  buryAll(*broker);
  revive(*broker, *other, *connectionTo(socket));
}

}  // namespace
}  // namespace leptir

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    fmt::print(stderr, "usage: redis_operations TASKS SOCKET [RECORDS]\n");
    return EXIT_FAILURE;
  }
  try {
    leptir::run(std::stoul(argv[1]), argv[2], argc == 4 ? std::stoul(argv[3]) : 0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
