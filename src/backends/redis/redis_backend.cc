#include "backends/redis/redis_backend.h"

#include "backends/redis/redis_broker.h"
#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_layout.h"
#include "backends/redis/redis_meta_storage.h"

namespace leptir {
namespace {

using Type = ConfigKey::Type;

// The keys of an address, and what only one of both stores has.
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
      {{"key", Type::Text, "leptir:ztasks", "the sorted set that is the queue"},
       {"php_consumers", Type::Text, "auto", "yes, no, or auto: whether PHP consumers take tasks from it as well"}});
  return keys;
}

std::span<const ConfigKey> RedisBackend::metaConnectionKeys() const {
  static const auto keys = keysWith(
      {{"key", Type::Text, "leptir:taskinfo", "what the keys of records begin with"},
       {"layout", Type::Text, "plain", "plain: a key a record, as PHP reads them; hashed: quicker, leptir's own"}});
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
  auto facts = askFacts(*link);
  if (!facts) return facts.error();
  return std::make_unique<RedisMetaStorage>(std::move(link), *key, *layout, expireAfter, std::move(*facts));
}

}  // namespace leptir
