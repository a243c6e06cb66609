#include "tests/conformance/stores.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cstdlib>
#include <stdexcept>

#ifdef LEPTIR_SQLITE
#include "backends/sqlite/sqlite_statement.h"
#include "backends/sqlite/sqlite_transaction.h"
#endif
#ifdef LEPTIR_MONGODB
#include <bson/bson.h>

#include "tests/support/mongodb_process.h"
#endif
#ifdef LEPTIR_REDIS
#include "backends/redis/redis_queue.h"
#endif
#ifdef LEPTIR_SQS
#include "base/utf8.h"
#endif
#include "tests/support/wait_until.h"

namespace leptir::conformance {
namespace {

template <class T>
T orThrow(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

// The connection block as the configuration reader passes it to a backend.
[[maybe_unused]] Json withDefaults(Json connection, std::span<const ConfigKey> keys) {
  for (const auto& key : keys) {
    if (!connection.contains(key.name)) connection[std::string(key.name)] = key.defaultValue;
  }
  return connection;
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

RedisUnderTest::RedisUnderTest(ClockKind kind, std::string layout)
    : kind_(kind),
      layout_(std::move(layout)),
      server_(sharedRedisServer(kind == ClockKind::Manual ? RedisServer::Time::Manual : RedisServer::Time::Machine)) {
  server_.startOver();
}

std::unique_ptr<SimpleBroker> RedisUnderTest::openBroker() {
  const auto connection = withDefaults(server_.connection(), backend_.brokerConnectionKeys());
  return orThrow(backend_.openBroker(connection, BrokerUse::Dispatch));
}

std::unique_ptr<SimpleBroker> RedisUnderTest::openOtherQueue() {
  auto connection = withDefaults(server_.connection(), backend_.brokerConnectionKeys());
  connection["key"] = "leptir:others";
  return orThrow(backend_.openBroker(connection, BrokerUse::Dispatch));
}

std::unique_ptr<SimpleMetaStorage> RedisUnderTest::openMetaStorage(std::optional<Duration> expireAfter) {
  auto connection = withDefaults(server_.connection(), backend_.metaConnectionKeys());
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

#ifdef LEPTIR_MONGODB
namespace {

// The document of a producer that is not leptir, as Extended JSON: the bytes if they are an object, else with the bytes
// as a text or, if they are none, as binary data.
std::string documentOf(const std::string& bytes) {
  if (const auto json = parseJson(bytes); json && json->is_object()) return bytes;
  bson_t document = BSON_INITIALIZER;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (bson_utf8_validate(bytes.data(), bytes.size(), true)) {
    bson_append_utf8(&document, "raw", -1, bytes.data(), static_cast<int>(size));
  } else {
    bson_append_binary(&document, "raw", -1, BSON_SUBTYPE_BINARY, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                       size);
  }
  char* const text = bson_as_relaxed_extended_json(&document, nullptr);
  const std::string json(text);
  bson_free(text);
  bson_destroy(&document);
  return Json::parse(json).dump();
}

}  // namespace

MongodbUnderTest::MongodbUnderTest(ClockKind kind)
    : kind_(kind),
      server_(
          sharedMongodbServer(kind == ClockKind::Manual ? MongodbServer::Time::Manual : MongodbServer::Time::Machine)),
      database_(server_),
      backend_(kind == ClockKind::Manual ? Duration::zero() : Duration(std::chrono::minutes(1))) {}

bool MongodbUnderTest::hasChangeStreams() {
  // Asked for each of a thousand tests before the first one runs.
  static const bool has = [] {
    const char* const given = std::getenv("LEPTIR_TEST_MONGODB");
    return given != nullptr ? MongodbServer(std::string(given)).kind().isReplicated : hasMongod();
  }();
  return has;
}

std::unique_ptr<SimpleBroker> MongodbUnderTest::openBroker() {
  const Json connection{{"uri", server_.uri()}, {"database", database_.name()}};
  return orThrow(backend_.openBroker(withDefaults(connection, backend_.brokerConnectionKeys()), BrokerUse::Dispatch));
}

std::unique_ptr<SimpleBroker> MongodbUnderTest::openOtherQueue() {
  const Json connection{{"uri", server_.uri()}, {"database", database_.name()}, {"collection", "others"}};
  return orThrow(backend_.openBroker(withDefaults(connection, backend_.brokerConnectionKeys()), BrokerUse::Dispatch));
}

std::unique_ptr<SimpleMetaStorage> MongodbUnderTest::openMetaStorage(std::optional<Duration> expireAfter) {
  const Json connection{{"uri", server_.uri()}, {"database", database_.name()}};
  return orThrow(backend_.openMetaStorage(withDefaults(connection, backend_.metaConnectionKeys()), expireAfter));
}

void MongodbUnderTest::pushRaw(std::string bytes, Time due) {
  auto document = documentOf(bytes);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(due);
  const auto id = fmt::format("{:08x}0.{:06}00", seconds.time_since_epoch().count(), (due - seconds).count());
  document.insert(1, fmt::format("\"_id\":\"{}\"{}", id, document == "{}" ? "" : ","));
  database_.ask(R"({"insert": "tasks", "documents": [)" + document + "]}");
}

std::string MongodbUnderTest::stored(std::string bytes) {
  return documentOf(bytes);
}

// Lets the session of the instance expire now.
void MongodbUnderTest::endInstance(const std::string& instance) {
  database_.ask(R"({"update": "tasks.sessions", "updates": [{"q": {"_id": ")" + instance +
                R"("}, "u": [{"$set": {"expires": "$$NOW"}}]}]})");
}

Time MongodbUnderTest::now() {
  if (kind_ == ClockKind::Machine) return systemClock().now();
  const auto answer = database_.ask(
      R"({"aggregate": 1, "pipeline": [{"$documents": [{}]}, {"$project": {"ms": {"$toLong": "$$NOW"}}}], "cursor": {}})");
  return Time(std::chrono::milliseconds(answer.at("cursor").at("firstBatch").at(0).at("ms").get<std::int64_t>()));
}

void MongodbUnderTest::advance(Duration by) {
  if (kind_ == ClockKind::Manual) return server_.advance(by);
  TestClock(kind_).advance(by);
}
#endif

#ifdef LEPTIR_SQS
namespace {

SqsServer::Time timeOf(ClockKind kind) {
  return kind == ClockKind::Manual ? SqsServer::Time::Manual : SqsServer::Time::Machine;
}

}  // namespace

SqsUnderTest::SqsUnderTest(ClockKind kind)
    : kind_(kind), clock_(kind), queue_(sharedSqsServer(timeOf(kind))), backend_(clock_.clock()) {}

std::unique_ptr<SimpleBroker> SqsUnderTest::openBroker() {
  const Json connection{
      {"sqs_queue", queue_.address()}, {"region", "us-east-1"}, {"sqs_key", "AKID"}, {"sqs_secret", "secret"}};
  return orThrow(backend_.openBroker(withDefaults(connection, backend_.brokerConnectionKeys()), BrokerUse::Dispatch));
}

std::unique_ptr<SimpleMetaStorage> SqsUnderTest::openMetaStorage(std::optional<Duration>) {
  throw std::logic_error("SQS keeps no records");
}

void SqsUnderTest::pushRaw(std::string bytes, Time due) {
  const auto delay = std::chrono::ceil<std::chrono::seconds>(std::max(due - now(), Duration::zero()));
  queue_.ask("SendMessage", {{"MessageBody", stored(std::move(bytes))}, {"DelaySeconds", delay.count()}});
}

// Amazon SQS takes texts of the characters of XML that are not empty: a producer has to write other bytes as such.
std::string SqsUnderTest::stored(std::string bytes) {
  const bool isText = base::isUtf8(bytes) && bytes.find('\0') == std::string::npos;
  if (isText && !bytes.empty()) return bytes;
  std::string text = "bytes";
  for (const char byte : bytes) text += fmt::format(" {:02x}", static_cast<unsigned char>(byte));
  return text;
}

void SqsUnderTest::advance(Duration by) {
  if (kind_ == ClockKind::Manual) queue_.server().advance(by);
  clock_.advance(by);
}
#endif

}  // namespace leptir::conformance
