// For tests of this module: two brokers, "first" and "second", and one meta storage, in memory or on SQLite, whose
// calls fail on demand.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/memory/memory_broker.h"
#include "backends/memory/memory_meta_storage.h"
#include "backends/sqlite/sqlite_backend.h"
#include "base/unique_fd.h"
#include "leptir/operations.h"
#include "leptir/spi/meta_info.h"
#include "leptir/spi/wake.h"
#include "leptir/testing/store_faults.h"
#include "operations/stores.h"
#include "tests/support/temp_dir.h"

namespace leptir::operations {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr const char* kInstance = "0123456789abcdef0123456789abcdef";

// The parameter of a test: "memory" or "sqlite".
class OperationsTest : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr std::size_t kFirst = 0, kSecond = 1;

  bool isSqlite() const { return GetParam() == std::string_view("sqlite"); }

  Operations operations(std::string by = "ann@here") { return {queues(), metaStorage(), {.by = std::move(by)}}; }
  Stores stores() {
    return {.queues = queues(),
            .records = metaStorage(),
            .saving = std::nullopt,
            .by = "ann@here",
            .clock = &systemClock(),
            .onNotice = [](const std::string&) {}};
  }

  // The store itself, whose calls do not fail.
  SimpleBroker& store(std::size_t index = kFirst) {
    auto& store = stores_[index];
    if (!store) store = make(index);
    return *store;
  }
  SimpleMetaStorage& records() {
    if (!storage_) storage_ = makeRecords();
    return *storage_;
  }

  void push(const std::string& id, Duration delay = {}, const std::string& name = "mail", std::size_t broker = kFirst) {
    BrokerTask task{.id = id, .name = name, .parameters = R"({"to":"ann","n":12345678901234567890123})"};
    task.maxAttempts = 3;
    task.priority = static_cast<std::int64_t>(broker);
    if (delay != Duration::zero()) task.timeOfExecution = systemClock().now() + delay;
    ASSERT_TRUE(store(broker).pushBrokerTasks({&task, 1}));
  }
  void pushMany(const std::string& prefix, int count, Duration delay = {}, std::size_t broker = kFirst) {
    std::vector<BrokerTask> tasks;
    for (int i = 0; i < count; ++i) {
      tasks.push_back({.id = prefix + std::to_string(10'000 + i), .name = "mail"});
      if (delay != Duration::zero()) tasks.back().timeOfExecution = systemClock().now() + delay + Duration(i);
    }
    ASSERT_TRUE(store(broker).pushBrokerTasks(tasks));
  }
  // Leases all due tasks of the broker.
  std::vector<LeasedTask> lease(std::size_t broker = kFirst) {
    auto& session = sessions_[broker];
    if (!session) session = openSession(broker);
    Wake wake;
    auto tasks = session->popBrokerTasks(10'000, Duration::zero(), wake);
    return tasks ? std::move(*tasks) : std::vector<LeasedTask>();
  }
  void buryDue(const std::string& reason, std::size_t broker = kFirst) {
    std::vector<TaskBurial> burials;
    const auto tasks = lease(broker);
    for (const auto& task : tasks)
      burials.push_back(
          {.lease = task.lease, .counters = {.failures = 3}, .reason = reason, .envelope = task.envelope});
    ASSERT_TRUE(sessions_[broker]->bury(burials));
  }
  // Leases all due tasks of the broker and puts them back, due in an hour, as a retry does.
  void releaseDue(const Counters& counters, std::size_t broker = kFirst) {
    std::vector<TaskRelease> releases;
    const auto tasks = lease(broker);
    for (const auto& task : tasks)
      releases.push_back(
          {.lease = task.lease, .counters = counters, .due = systemClock().now() + 1h, .envelope = task.envelope});
    ASSERT_TRUE(sessions_[broker]->release(releases));
  }
  // Saves the record of a run; its envelope is there unless it succeeded.
  // An empty `cause`: finished or threw, by the status.
  void saveRecord(const std::string& id, ExitStatus status, const std::string& name = "mail", Duration took = 1s,
                  const std::string& cause = "", const std::string& buried = "") {
    const auto now = systemClock().now();
    MetaInfo info{.id = id, .lease = static_cast<std::uint64_t>(now.time_since_epoch().count()), .returnCode = status};
    info.type = name;
    info.cause = status == ExitStatus::Success ? "finished" : "threw";
    if (!cause.empty()) info.cause = cause;
    if (!buried.empty()) info.additional = writeJson({{"buried", buried}});
    info.response = "it said so\nand more";
    info.started = now - took;
    info.ended = now;
    info.executionTime = std::chrono::duration<double>(took).count();
    if (status != ExitStatus::Success) {
      const BrokerTask task{.id = id,
                            .name = name,
                            .parameters = R"({"to":"ann","n":12345678901234567890123})",
                            .priority = 1,
                            .timeLimitSeconds = 7,
                            .maxAttempts = 3};
      info.envelope = EncodedTask::encode(task)->envelope;
    }
    ASSERT_TRUE(records().saveMetaInfo({&info, 1}));
  }

  TaskCounts counts(std::size_t broker = kFirst) { return *store(broker).tasksCount(); }
  static std::vector<std::string> idsOf(const std::vector<ListedTask>& tasks) {
    std::vector<std::string> ids;
    for (const auto& task : tasks) ids.push_back(task.id);
    return ids;
  }

  testing::StoreFaults faults[2], recordFaults;

 private:
  static constexpr const char* kNames[] = {"first", "second"};

  Broker queues() {
    std::vector<Broker::Entry> brokers;
    for (const auto index : {kFirst, kSecond})
      brokers.push_back({.name = kNames[index],
                         .type = GetParam(),
                         .priority = static_cast<std::int64_t>(index),
                         .taskCountCachingTime = Duration::zero(),
                         .open = [this, index] { return open(index); }});
    return Broker(std::move(brokers));
  }
  MetaStorage metaStorage() {
    std::vector<MetaStorage::Entry> storages;
    storages.push_back({.name = "records", .open = [this] { return openRecords(); }});
    return MetaStorage(std::move(storages));
  }
  Result<std::unique_ptr<SimpleBroker>> open(std::size_t index) {
    return testing::withFaults(make(index), faults[index]);
  }
  Result<std::unique_ptr<SimpleMetaStorage>> openRecords() { return testing::withFaults(makeRecords(), recordFaults); }

  std::unique_ptr<SimpleBroker> make(std::size_t index) {
    if (!isSqlite()) return std::make_unique<memory::MemoryBroker>(queues_[index]);
    return std::move(*backend_->openBroker(connection(index), BrokerUse::Push));
  }
  std::unique_ptr<SimpleMetaStorage> makeRecords() {
    if (!isSqlite()) return std::make_unique<memory::MemoryMetaStorage>(records_, std::nullopt, systemClock());
    return std::move(*backend_->openMetaStorage(connection(kFirst), std::nullopt));
  }
  Json connection(std::size_t index) const {
    return {{"path", (folder_ / (std::string(kNames[index]) + ".db")).string()}};
  }

  std::unique_ptr<BrokerSession> openSession(std::size_t index) {
    if (isSqlite()) {
      const auto file = backend_->sessionLockFile(connection(index), kInstance);
      locks_.emplace_back(::open(file->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
      EXPECT_EQ(::flock(locks_.back().get(), LOCK_EX | LOCK_NB), 0);
    }
    auto session = store(index).openSession({.instance = kInstance, .epoch = 1},
                                            {.host = "web1", .pid = 7, .version = "0.1.0", .workers = 4}, 1min);
    EXPECT_TRUE(session) << session.error().message();
    return std::move(*session);
  }

  TempDir folder_;
  std::unique_ptr<Backend> backend_ = sqlite::makeBackend();
  std::shared_ptr<memory::MemoryQueue> queues_[2]{std::make_shared<memory::MemoryQueue>(systemClock()),
                                                  std::make_shared<memory::MemoryQueue>(systemClock())};
  std::shared_ptr<memory::MemoryRecords> records_ = std::make_shared<memory::MemoryRecords>();
  std::map<std::size_t, std::unique_ptr<SimpleBroker>> stores_;
  std::unique_ptr<SimpleMetaStorage> storage_;
  std::map<std::size_t, std::unique_ptr<BrokerSession>> sessions_;
  std::vector<base::UniqueFd> locks_;
};

}  // namespace leptir::operations
