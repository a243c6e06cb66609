#include "config/defaults.h"

#include "config/linked_backends.h"
#include "config/state_paths.h"

namespace leptir::config {
namespace {

constexpr std::string_view kDefaultType = "sqlite";

Result<Json> defaultConnection(const Backends& backends, std::span<const ConfigKey> (Backend::*keysOf)() const) {
  const Backend* backend = backends.find(kDefaultType);
  if (backend == nullptr)
    return Error(ErrorCode::Unsupported,
                 "without a configuration file tasks are kept in SQLite, but " + notLinkedMessage(kDefaultType));
  const auto database = defaultDatabase();
  if (!database) return database.error();
  return withDefaults(Json{{"path", database->string()}}, (backend->*keysOf)());
}

}  // namespace

Result<Config::Broker> defaultBroker(const Backends& backends) {
  auto connection = defaultConnection(backends, &Backend::brokerConnectionKeys);
  if (!connection) return connection.error();
  Config::Broker broker;
  broker.name = broker.type = kDefaultType;
  broker.connection = std::move(*connection);
  return broker;
}

Result<Config::MetaStorage> defaultMetaStorage(const Backends& backends) {
  auto connection = defaultConnection(backends, &Backend::metaConnectionKeys);
  if (!connection) return connection.error();
  Config::MetaStorage storage;
  storage.name = storage.type = kDefaultType;
  storage.connection = std::move(*connection);
  storage.expireAfter = backends.find(kDefaultType)->defaultExpiry();
  return storage;
}

LogSinkConfig defaultLogger() {
  return {.name = "stdout", .type = LogSinkConfig::Type::Stdout, .path = {}};
}

}  // namespace leptir::config
