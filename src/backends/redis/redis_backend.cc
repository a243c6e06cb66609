#include "backends/redis/redis_backend.h"

#include "backends/redis/redis_broker.h"
#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_layout.h"
#include "backends/redis/redis_meta_storage.h"

namespace leptir::redis {
namespace {

using Type = ConfigKey::Type;

// The keys of an address and `own`, the keys of only a broker or only a meta storage.
std::vector<ConfigKey> keysWith(std::initializer_list<ConfigKey> own) {
  const auto shared = redisAddressKeys();
  std::vector<ConfigKey> keys(shared.begin(), shared.end());
  keys.insert(keys.end(), own);
  return keys;
}

Result<std::string> keyIn(const Json& connection) {
  auto key = connection.at("key").get<std::string>();
  if (key.empty()) return Error(ErrorCode::Invalid, "redis: 'key' is empty");
  return key;
}

Result<RedisLayout> layoutIn(const Json& connection) {
  const auto layout = connection.at("layout").get<std::string>();
  if (layout == "plain") return RedisLayout::Plain;
  if (layout == "hashed") return RedisLayout::Hashed;
  return Error(ErrorCode::Invalid, "redis: 'layout' must be plain or hashed");
}

Result<PhpConsumers> phpConsumersIn(const Json& connection) {
  const auto said = connection.at("php_consumers").get<std::string>();
  if (said == "auto") return PhpConsumers::Auto;
  if (said == "yes") return PhpConsumers::Yes;
  if (said == "no") return PhpConsumers::No;
  return Error(ErrorCode::Invalid, "redis: 'php_consumers' must be auto, yes or no");
}

}  // namespace

std::span<const ConfigKey> RedisBackend::brokerConnectionKeys() const {
  static const auto keys = keysWith(
      {{"key", Type::Text, "leptir:ztasks", "key of the sorted set that is the queue"},
       {"php_consumers", Type::Text, "auto", "whether PHP consumers take tasks from it: yes, no or auto (find out)"}});
  return keys;
}

std::span<const ConfigKey> RedisBackend::metaConnectionKeys() const {
  static const auto keys = keysWith(
      {{"key", Type::Text, "leptir:taskinfo", "prefix of the keys of records"},
       {"layout", Type::Text, "plain", "plain: a key for each record, as PHP reads it; hashed: faster, not for PHP"}});
  return keys;
}

Result<std::unique_ptr<SimpleBroker>> RedisBackend::openBroker(const Json& connection, BrokerUse) {
  auto address = redisAddress(connection);
  if (!address) return address.error();
  auto key = keyIn(connection);
  if (!key) return key.error();
  const auto php = phpConsumersIn(connection);
  if (!php) return php.error();
  auto broker = RedisBroker::open(std::make_shared<RedisConnection>(std::move(*address)), std::move(*key), *php);
  if (!broker) return broker.error();
  return std::unique_ptr<SimpleBroker>(std::move(*broker));
}

Result<std::unique_ptr<SimpleMetaStorage>> RedisBackend::openMetaStorage(const Json& connection,
                                                                         std::optional<Duration> expireAfter, MetaUse) {
  auto address = redisAddress(connection);
  if (!address) return address.error();
  auto key = keyIn(connection);
  if (!key) return key.error();
  const auto layout = layoutIn(connection);
  if (!layout) return layout.error();
  auto link = std::make_shared<RedisConnection>(std::move(*address));
  auto serverInfo = readServerInfo(*link);
  if (!serverInfo) return serverInfo.error();
  return std::make_unique<RedisMetaStorage>(std::move(link), *key, *layout, expireAfter, std::move(*serverInfo));
}

std::unique_ptr<Backend> makeBackend() {
  return std::make_unique<RedisBackend>();
}

}  // namespace leptir::redis
