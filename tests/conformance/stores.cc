#include "tests/conformance/stores.h"

#include <fcntl.h>
#include <sys/file.h>

#include <stdexcept>

#ifdef LEPTIR_SQLITE
#include "backends/sqlite/sqlite_statement.h"
#include "backends/sqlite/sqlite_transaction.h"
#endif
#ifdef LEPTIR_REDIS
#include "backends/redis/redis_queue.h"
#endif
#include "tests/support/wait_until.h"

namespace leptir::conformance {
namespace {

template <class T>
T orThrow(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

}  // namespace

void TestClock::advance(Duration by) {
  if (kind_ == ClockKind::Manual) return manual_.advance(by);
  const auto until = systemClock().bootTime() + by;
  waitUntil([&] { return systemClock().bootTime() >= until; },
            std::chrono::duration_cast<std::chrono::milliseconds>(by) + std::chrono::seconds(30));
}

#ifdef LEPTIR_SQLITE
std::unique_ptr<SimpleBroker> SqliteUnderTest::openBroker() {
  return orThrow(backend_.openBroker(connection_, BrokerUse::Dispatch));
}

std::unique_ptr<SimpleMetaStorage> SqliteUnderTest::openMetaStorage(std::optional<Duration> expireAfter) {
  return orThrow(backend_.openMetaStorage(connection_, expireAfter));
}

void SqliteUnderTest::pushRaw(std::string bytes, Time due) {
  const auto file = std::make_shared<sqlite::SqliteFile>();
  file->path = connection_["path"].get<std::string>();
  const auto connection = orThrow(sqlite::SqliteConnection::open(file, clock_.clock()));
  sqlite::SqliteTransaction write(*connection, sqlite::TransactionKind::Write);
  sqlite::SqliteStatement insert(*connection, "INSERT INTO leptir_tasks (due, envelope) VALUES (?, ?)");
  insert.with(due.time_since_epoch().count(), bytes).run();
  if (auto written = write.commit(); !written) throw std::runtime_error(written.error().message());
}

void SqliteUnderTest::startInstance(const std::string& instance) {
  const auto file = backend_.sessionLockFile(connection_, instance);
  base::UniqueFd lock(::open(file->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("cannot lock " + file->string());
  locks_.insert_or_assign(instance, std::move(lock));
}
#endif

#ifdef LEPTIR_REDIS
namespace {

Json connectionOf(const RedisServer& server, std::span<const ConfigKey> keys) {
  auto connection = server.connection();
  for (const auto& key : keys) {
    if (!connection.contains(key.name)) connection[std::string(key.name)] = key.defaultValue;
  }
  return connection;
}

}  // namespace

RedisUnderTest::RedisUnderTest(ClockKind kind, std::string layout)
    : kind_(kind),
      layout_(std::move(layout)),
      server_(sharedRedisServer(kind == ClockKind::Manual ? RedisServer::Time::Manual : RedisServer::Time::Machine)) {
  server_.startOver();
}

std::unique_ptr<SimpleBroker> RedisUnderTest::openBroker() {
  return orThrow(backend_.openBroker(connectionOf(server_, backend_.brokerConnectionKeys()), BrokerUse::Dispatch));
}

std::unique_ptr<SimpleMetaStorage> RedisUnderTest::openMetaStorage(std::optional<Duration> expireAfter) {
  auto connection = connectionOf(server_, backend_.metaConnectionKeys());
  connection["layout"] = layout_;
  return orThrow(backend_.openMetaStorage(connection, expireAfter));
}

void RedisUnderTest::pushRaw(std::string bytes, Time due) {
  server_.ask({"ZADD", "leptir:ztasks", redis::redisTime(due), bytes});
}

// Lets the sessions of the instance expire now.
void RedisUnderTest::endInstance(const std::string& instance) {
  const auto time = std::to_string(now().time_since_epoch().count());
  for (const auto& session : server_.ask({"ZRANGEBYSCORE", "{leptir:ztasks}:sessions", "0", "+inf"})) {
    const auto name = session.get<std::string>();
    if (name.starts_with(instance + ":")) server_.ask({"ZADD", "{leptir:ztasks}:sessions", "XX", time, name});
  }
}

Time RedisUnderTest::now() {
  if (kind_ == ClockKind::Machine) return systemClock().now();
  const auto time = server_.ask({"TIME"});
  return Time(Duration(std::stoll(time[0].get<std::string>()) * 1'000'000 + std::stoll(time[1].get<std::string>())));
}

void RedisUnderTest::advance(Duration by) {
  if (kind_ == ClockKind::Manual) return server_.advance(by);
  TestClock(kind_).advance(by);
}
#endif

}  // namespace leptir::conformance
