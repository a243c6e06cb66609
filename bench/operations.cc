// What operators do at an SQLite store that is full, measured: pages of lists, and the revival of all buried tasks
// while a session leases and acknowledges. Arguments: path of a database that does not exist yet, number of waiting
// tasks, of buried tasks, of records.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "backends/sqlite/sqlite_backend.h"
#include "base/task_id.h"
#include "base/unique_fd.h"

namespace {

using namespace leptir;
using namespace std::chrono_literals;

constexpr std::size_t kAtOnce = 1'000;
constexpr int kNames = 256;
constexpr std::size_t kPage = 100;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// A database, as one process opens it.
struct Store {
  explicit Store(const std::string& path) : connection{{"path", path}} {}
  std::unique_ptr<SimpleBroker> broker() { return must(backend.openBroker(connection, BrokerUse::Push)); }
  std::unique_ptr<SimpleBroker> dispatchingBroker() {
    return must(backend.openBroker(connection, BrokerUse::Dispatch));
  }
  std::unique_ptr<SimpleMetaStorage> records() { return must(backend.openMetaStorage(connection, {})); }
  // Holds the lock that a master holds.
  base::UniqueFd lock(const std::string& instance) {
    const auto file = backend.sessionLockFile(connection, instance);
    base::UniqueFd lock(::open(file->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("cannot lock " + file->string());
    return lock;
  }

  sqlite::SqliteBackend backend;
  Json connection;
};

// One in 100,000 tasks has a name of its own.
std::string nameOf(std::size_t i) {
  return i % 100'000 == 99'999 ? "Rare" : fmt::format("Application\\Tasks\\Task{:03}", i % kNames);
}

BrokerTask taskNumber(std::size_t i) {
  BrokerTask task;
  task.id = base::makeTaskId();
  task.name = nameOf(i);
  task.parameters =
      R"({"user":1234567,"file":"/srv/uploads/2026/11/image.png","sizes":[100,200,400],"note":"no task"})";
  return task;
}

// Calls `add` with `kAtOnce` numbers at a time.
void inLists(std::size_t count, const std::function<void(std::size_t from, std::size_t to)>& add) {
  for (std::size_t from = 0; from < count; from += kAtOnce) add(from, std::min(count, from + kAtOnce));
}

void fillWaiting(SimpleBroker& broker, std::size_t count) {
  const auto now = systemClock().now();
  inLists(count, [&](std::size_t from, std::size_t to) {
    std::vector<BrokerTask> tasks;
    for (auto i = from; i < to; ++i) {
      tasks.push_back(taskNumber(i));
      tasks.back().timeOfExecution = now + 24h + std::chrono::milliseconds(i);
    }
    must(broker.pushBrokerTasks(tasks));
  });
}

void fillBuried(Store& store, SimpleBroker& broker, std::size_t count) {
  const auto instance = base::makeInstanceName();
  const auto lock = store.lock(instance);
  const auto session = must(broker.openSession({instance, 1}, {}, 1h));
  Wake wake;
  inLists(count, [&](std::size_t from, std::size_t to) {
    std::vector<BrokerTask> tasks;
    for (auto i = from; i < to; ++i) tasks.push_back(taskNumber(i));
    must(broker.pushBrokerTasks(tasks));
    const auto leased = must(session->popBrokerTasks(to - from, 0s, wake));
    std::vector<TaskBurial> burials;
    for (const auto& task : leased)
      burials.push_back({task.lease, {.failures = 3}, "its 3 attempts failed", task.envelope});
    must(session->bury(burials));
  });
  must(session->close());
}

void fillRecords(SimpleMetaStorage& storage, std::size_t count) {
  inLists(count, [&](std::size_t from, std::size_t to) {
    std::vector<MetaInfo> records(to - from);
    for (auto i = from; i < to; ++i) {
      auto& record = records[i - from];
      record.id = base::makeTaskId();
      record.lease = 1 + i;
      record.type = nameOf(i);
      record.cause = i % 1'000 == 0 ? "threw" : "succeeded";
      record.returnCode = i % 1'000 == 0 ? ExitStatus::Error : ExitStatus::Success;
      record.response = "resized 3 images in 120 ms";
      record.host = "worker-17.example.org";
      record.pid = 4242;
      record.started = systemClock().now();
      record.ended = record.started + 120ms;
    }
    must(storage.saveMetaInfo(records));
  });
}

// Reads up to `kMaxPages` pages and prints the longest time of one.
void timePages(std::string_view what, const std::function<std::pair<std::size_t, std::uint64_t>(std::string&)>& next) {
  constexpr int kMaxPages = 20;
  std::string cursor;
  Duration longest{};
  std::size_t found = 0;
  std::uint64_t examined = 0;
  int pages = 0;
  do {
    const auto begin = systemClock().bootTime();
    const auto [tasks, compared] = next(cursor);
    longest = std::max(longest, std::chrono::duration_cast<Duration>(systemClock().bootTime() - begin));
    found += tasks;
    examined += compared;
  } while (!cursor.empty() && ++pages < kMaxPages);
  fmt::print("  {:<44} longest page {:7.2f} ms; {} found, {} compared\n", what, milliseconds(longest), found, examined);
}

void timeTaskPages(SimpleBroker& broker) {
  fmt::print("pages of {} tasks\n", kPage);
  auto& keeper = broker.keeper();
  const auto time = [&](std::string_view what, const TaskFilter& filter) {
    timePages(what, [&](std::string& cursor) {
      auto page = must(keeper.list(filter, cursor, kPage));
      cursor = page.cursor;
      return std::pair(page.tasks.size(), page.examined);
    });
  };
  const auto now = systemClock().now();
  time("all", {});
  time("scheduled", {.state = TaskState::Scheduled});
  time("scheduled, the latest first", {.state = TaskState::Scheduled, .order = ListOrder::LatestFirst});
  time("buried", {.state = TaskState::Buried});
  time("one of 256 names", {.name = nameOf(17)});
  time("one name in 100,000", {.name = "Rare"});
  time("a name that no task has", {.name = "None"});
  time("due in a quarter of an hour tomorrow", {.dueFrom = now + 24h + 5min, .dueBefore = now + 24h + 20min});
  time("part of a reason that no task has", {.reasonContains = "no such reason"});
  time("ids that begin as all of this hour", {.idPrefix = base::makeTaskId().substr(0, 6)});
  time("one id by its beginning", {.idPrefix = must(keeper.list({}, "", 1)).tasks.at(0).id.substr(0, 30)});
}

void timeRecordPages(SimpleMetaStorage& storage) {
  fmt::print("pages of {} records\n", kPage);
  const auto time = [&](std::string_view what, const MetaFilter& filter) {
    timePages(what, [&](std::string& cursor) {
      auto page = must(storage.listRecords(filter, cursor, kPage));
      cursor = page.cursor;
      return std::pair(page.records.size(), page.examined);
    });
  };
  const auto now = systemClock().now();
  time("all", {});
  time("one of 256 names", {.name = nameOf(17)});
  time("one name in 100,000", {.name = "Rare"});
  time("all, the oldest first", {.order = ListOrder::EarliestFirst});
  time("a cause, one in 1,000", {.cause = "threw"});
  time("a name that no record has", {.name = "None"});
  time("failures of one name", {.name = nameOf(0), .cause = "threw"});
  time("saved more than 10 s ago", {.savedBefore = now - 10s});
  time("ids that begin as all of this hour", {.idPrefix = base::makeTaskId().substr(0, 6)});
}

std::string summaryOf(std::vector<Duration> times) {
  if (times.empty()) return "none";
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return milliseconds(times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))]);
  };
  return fmt::format("median {:.2f} ms, p99 {:.2f} ms, longest {:.2f} ms, of {}", at(0.5), at(0.99), at(1),
                     times.size());
}

// What an instance writes every second.
void timeCards(SimpleBroker& broker) {
  const std::string card(16 << 10, 'x');
  std::vector<Duration> puts, versions;
  const auto timed = [](const auto& call) {
    const auto begin = systemClock().bootTime();
    call();
    return std::chrono::duration_cast<Duration>(systemClock().bootTime() - begin);
  };
  for (int i = 0; i < 1'000; ++i) {
    puts.push_back(timed([&] { must(broker.fleet()->put(fmt::format("instances/{:032}", i % 20), card, 10s)); }));
    versions.push_back(timed([&] { must(broker.fleet()->version()); }));
  }
  fmt::print("a card of 16 KiB put: {}\nthe version of the fleet's texts read: {}\n", summaryOf(std::move(puts)),
             summaryOf(std::move(versions)));
}

// A child process; its destructor waits for it.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(::fork()) {
    if (pid_ != 0) return;
    try {
      work();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
      ::_exit(1);
    }
    std::fflush(stdout);
    ::_exit(0);
  }
  ~Child() { ::waitpid(pid_, nullptr, 0); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

 private:
  pid_t pid_;
};

// Leases and acknowledges all that is due until a task named Last arrives. The id of a probe begins with the time at
// which its push began.
void serve(const std::string& path) {
  Store store(path);
  const auto instance = base::makeInstanceName();
  const auto lock = store.lock(instance);
  const auto broker = store.dispatchingBroker();
  const auto session = must(broker->openSession({instance, 1}, {}, 1h));
  Wake wake;
  std::vector<Duration> pickUps;
  std::size_t done = 0;
  for (bool isLast = false; !isLast;) {
    const auto leased = must(session->popBrokerTasks(512, 1s, wake));
    const auto now = systemClock().now();
    std::vector<LeaseId> leases;
    for (const auto& task : leased) {
      leases.push_back(task.lease);
      const auto id = task.envelope.find("probe-");
      if (id != std::string::npos) pickUps.push_back(now - Time(Duration(std::atoll(&task.envelope[id + 6]))));
      isLast = isLast || task.envelope.find(R"("cn":"Last")") != std::string::npos;
    }
    done += leases.size();
    must(session->acknowledge(leases));
  }
  fmt::print("  tasks that were served meanwhile: {}\n  push to pick-up of tasks at the head of the queue: {}\n", done,
             summaryOf(std::move(pickUps)));
}

// Pushes a task every 5 ms that is due since an hour, so it is the first in the queue, until the file is there.
void pushProbes(const std::string& path, const std::string& until) {
  Store store(path);
  const auto broker = store.broker();
  while (::access(until.c_str(), F_OK) != 0) {
    const auto now = systemClock().now();
    BrokerTask probe;
    probe.id = fmt::format("probe-{}", now.time_since_epoch().count());
    probe.name = "Probe";
    probe.timeOfExecution = now - 1h;
    must(broker->pushBrokerTasks(std::vector{probe}));
    std::this_thread::sleep_for(5ms);
  }
  BrokerTask last;
  last.id = "last";
  last.name = "Last";
  must(broker->pushBrokerTasks(std::vector{last}));
}

void reviveAll(const std::string& path) {
  Store store(path);
  const auto broker = store.broker();
  auto& keeper = broker->keeper();
  std::vector<Duration> slices;
  std::size_t revived = 0;
  const auto begin = systemClock().bootTime();
  for (std::string cursor;;) {
    const auto page = must(keeper.list({.state = TaskState::Buried}, cursor, kMaxTasksPerChange));
    std::vector<std::string> ids;
    for (const auto& task : page.tasks) ids.push_back(task.id);
    const auto from = systemClock().bootTime();
    revived += must(keeper.revive(ids));
    slices.push_back(std::chrono::duration_cast<Duration>(systemClock().bootTime() - from));
    cursor = page.cursor;
    if (cursor.empty()) break;
  }
  const auto took = std::chrono::duration_cast<Duration>(systemClock().bootTime() - begin);
  fmt::print("  {} tasks revived in {:.2f} s\n  a call of revive: {}\n", revived, milliseconds(took) / 1000,
             summaryOf(std::move(slices)));
}

void reviveWhileServing(const std::string& path) {
  fmt::print("revival of all buried tasks in slices of {}, while one session serves\n", kMaxTasksPerChange);
  std::fflush(stdout);
  const auto end = path + ".end";
  const Child server([&] { serve(path); });
  const Child pusher([&] { pushProbes(path, end); });
  std::this_thread::sleep_for(1s);
  const Child reviver([&] {
    reviveAll(path);
    std::this_thread::sleep_for(200ms);
    ::close(::open(end.c_str(), O_CREAT | O_WRONLY, 0600));
  });
}

void fill(const std::string& path, std::size_t waiting, std::size_t buried, std::size_t records) {
  Store store(path);
  const auto broker = store.dispatchingBroker();  // so that the filling is not synced
  const auto storage = store.records();
  fillBuried(store, *broker, buried);
  fillWaiting(*broker, waiting);
  fillRecords(*storage, records);
}

void timeAllPages(const std::string& path, std::size_t records) {
  Store store(path);
  const auto broker = store.broker();
  timeTaskPages(*broker);
  if (records > 0) timeRecordPages(*store.records());
  timeCards(*broker);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: {} DATABASE WAITING BURIED RECORDS\n", argv[0]);
    return 2;
  }
  const std::string path = argv[1];
  const auto waiting = std::stoul(argv[2]), buried = std::stoul(argv[3]), records = std::stoul(argv[4]);
  fill(path, waiting, buried, records);
  fmt::print("{} waiting tasks, {} buried, {} records\n", waiting, buried, records);
  timeAllPages(path, records);
  if (buried > 0) reviveWhileServing(path);
}
