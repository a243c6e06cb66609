// How the tests open a store of each backend, push raw bytes into it and move its clock.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "backends/memory/memory_broker.h"
#include "backends/memory/memory_meta_storage.h"
#include "base/unique_fd.h"
#include "tests/conformance/backends_under_test.h"
#ifdef LEPTIR_MONGODB
#include "backends/mongodb/mongodb_backend.h"
#include "backends/mongodb/mongodb_push.h"
#include "tests/support/mongodb_server.h"
#endif
#ifdef LEPTIR_REDIS
#include "backends/redis/redis_backend.h"
#include "tests/support/redis_server.h"
#endif
#ifdef LEPTIR_SQLITE
#include "backends/sqlite/sqlite_backend.h"
#include "tests/support/temp_dir.h"
#endif
#ifdef LEPTIR_SQS
#include "backends/sqs/sqs_backend.h"
#include "tests/support/sqs_server.h"
#endif

namespace leptir::conformance {

// A clock that tests move, or the machine's, which they wait for.
class TestClock {
 public:
  explicit TestClock(ClockKind kind) : kind_(kind) {}

  const Clock& clock() const { return kind_ == ClockKind::Manual ? manual_ : systemClock(); }
  void advance(Duration by);

 private:
  ClockKind kind_;
  ManualClock manual_;
};

// `Queue` and `Meta` may be those of a broken backend.
template <class Queue = memory::MemoryQueue, class Meta = memory::MemoryMetaStorage>
class MemoryUnderTest final : public StoreUnderTest {
 public:
  explicit MemoryUnderTest(ClockKind kind) : clock_(kind) {}

  std::unique_ptr<SimpleBroker> openBroker() override { return std::make_unique<memory::MemoryBroker>(queue_); }
  std::unique_ptr<SimpleBroker> openOtherQueue() override {
    return std::make_unique<memory::MemoryBroker>(std::make_shared<Queue>(clock_.clock()));
  }
  std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) override {
    return std::make_unique<Meta>(records_, expireAfter, clock_.clock());
  }
  void pushRaw(std::string bytes, Time due) override { queue_->pushRaw(std::move(bytes), due); }
  void startInstance(const std::string&) override {}
  void endInstance(const std::string& instance) override { queue_->expireSessionsOf(instance); }
  Time now() override { return clock_.clock().now(); }
  void advance(Duration by) override { clock_.advance(by); }

 private:
  TestClock clock_;
  std::shared_ptr<memory::MemoryQueue> queue_ = std::make_shared<Queue>(clock_.clock());
  std::shared_ptr<memory::MemoryRecords> records_ = std::make_shared<memory::MemoryRecords>();
};

#ifdef LEPTIR_SQLITE
class SqliteUnderTest final : public StoreUnderTest {
 public:
  explicit SqliteUnderTest(ClockKind kind) : clock_(kind), backend_(clock_.clock()) {}

  std::unique_ptr<SimpleBroker> openBroker() override;
  std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) override;
  void pushRaw(std::string bytes, Time due) override;
  // Holds the lock that a master would hold.
  void startInstance(const std::string& instance) override;
  void endInstance(const std::string& instance) override { locks_.erase(instance); }
  Time now() override { return clock_.clock().now(); }
  void advance(Duration by) override { clock_.advance(by); }

 private:
  TempDir folder_;
  TestClock clock_;
  sqlite::SqliteBackend backend_;
  Json connection_{{"path", (folder_ / "leptir.db").string()}};
  std::map<std::string, base::UniqueFd> locks_;
};
#endif

#ifdef LEPTIR_REDIS
// All tests of the program share one redis-server, which is emptied for each test. Each broker has its own connection.
class RedisUnderTest : public StoreUnderTest {
 public:
  explicit RedisUnderTest(ClockKind kind, std::string layout = "plain");

  std::unique_ptr<SimpleBroker> openBroker() override;
  std::unique_ptr<SimpleBroker> openOtherQueue() override;
  std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) override;
  void pushRaw(std::string bytes, Time due) override;
  void startInstance(const std::string&) override {}
  void endInstance(const std::string& instance) override;
  Time now() override;
  void advance(Duration by) override;

 private:
  const ClockKind kind_;
  const std::string layout_;
  RedisServer& server_;
  redis::RedisBackend backend_;
};

class HashedRedisUnderTest final : public RedisUnderTest {
 public:
  explicit HashedRedisUnderTest(ClockKind kind) : RedisUnderTest(kind, "hashed") {}
};
#endif

#ifdef LEPTIR_MONGODB
// All tests of the program share one server, where each has a database of its own.
class MongodbUnderTest final : public StoreUnderTest {
 public:
  explicit MongodbUnderTest(ClockKind kind);
  // Whether the server of tests that wait has change streams. Starts none.
  static bool hasChangeStreams();

  std::unique_ptr<SimpleBroker> openBroker() override;
  std::unique_ptr<SimpleBroker> openOtherQueue() override;
  std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) override;
  void pushRaw(std::string bytes, Time due) override;
  std::string stored(std::string bytes) override;
  void startInstance(const std::string&) override {}
  void endInstance(const std::string& instance) override;
  Time now() override;
  void advance(Duration by) override;

 private:
  const ClockKind kind_;
  MongodbServer& server_;
  MongodbDatabase database_;
  mongodb::MongodbBackend backend_;
};
#endif

#ifdef LEPTIR_SQS
// All tests of the program share one server, where each has a queue of its own.
class SqsUnderTest final : public StoreUnderTest {
 public:
  explicit SqsUnderTest(ClockKind kind);

  std::unique_ptr<SimpleBroker> openBroker() override;
  std::unique_ptr<SimpleMetaStorage> openMetaStorage(std::optional<Duration> expireAfter) override;
  void pushRaw(std::string bytes, Time due) override;
  std::string stored(std::string bytes) override;
  void startInstance(const std::string&) override {}
  // Nothing: each lease ends by itself.
  void endInstance(const std::string&) override {}
  Time now() override { return clock_.clock().now(); }
  void advance(Duration by) override;

 private:
  const ClockKind kind_;
  TestClock clock_;  // Manual: moved together with that of the server
  SqsTestQueue queue_;
  sqs::SqsBackend backend_;
};
#endif

}  // namespace leptir::conformance
