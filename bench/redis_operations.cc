// What the operations of an operator take on a redis-server with many tasks: pages of a list, and the revival of all
// buried tasks while another client leases. Arguments: number of tasks, unix socket of an empty server.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/redis/redis_broker.h"
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

std::unique_ptr<redis::RedisBroker> open(const std::string& socket) {
  redis::RedisAddress address;
  address.scheme = redis::RedisAddress::Scheme::Unix;
  address.path = socket;
  return must(redis::RedisBroker::open(std::make_shared<redis::RedisConnection>(std::move(address)), "leptir:ztasks",
                                       redis::PhpConsumers::No));
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
  time("page by a time", {.dueFrom = Time(std::chrono::seconds(4'000'000'000))}, 100);
  fmt::print("earliest due time: {:.1f} ms\n", millisecondsOf([&] { must(keeper.earliestDue()); }));
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
    const auto page = must(keeper.list({.state = TaskState::Buried}, cursor, kMostTasksOfAChange));
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

void revive(SimpleBroker& broker, SimpleBroker& other) {
  std::atomic<bool> isOver = false;
  std::vector<double> leases;
  std::jthread leasing([&] { leases = leaseMeanwhile(other, isOver); });
  std::size_t revived = 0;
  const auto took = millisecondsOf([&] { revived = reviveAll(broker.keeper()); });
  isOver = true;
  leasing.join();
  fmt::print("revived {} tasks in {:.2f} s; {} leases meanwhile, 99 % of them in {:.1f} ms, the longest {:.1f} ms\n",
             revived, took / 1000, leases.size(), leases[leases.size() * 99 / 100], leases.back());
}

void run(std::size_t count, const std::string& socket) {
  const auto broker = open(socket), other = open(socket);
  push(*broker, count);
  listPages(broker->keeper());
  buryAll(*broker);
  revive(*broker, *other);
}

}  // namespace
}  // namespace leptir

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: redis_operations TASKS SOCKET\n");
    return EXIT_FAILURE;
  }
  try {
    leptir::run(std::stoul(argv[1]), argv[2]);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
}
