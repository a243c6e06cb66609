#include "backends/mongodb/mongodb_backend.h"

#include <initializer_list>
#include <vector>

#include "backends/mongodb/libmongoc.h"
#include "backends/mongodb/mongodb_address.h"
#include "backends/mongodb/mongodb_broker.h"
#include "backends/mongodb/mongodb_meta_storage.h"
#include "backends/mongodb/mongodb_pool.h"

namespace leptir::mongodb {
namespace {

using Type = ConfigKey::Type;

// The keys of an address and the collection that is used where the configuration names none.
std::vector<ConfigKey> keysWith(const char* collection, std::string_view meaning) {
  const auto shared = mongodbAddressKeys();
  std::vector<ConfigKey> keys(shared.begin(), shared.end());
  keys.push_back({"collection", Type::Text, collection, meaning});
  return keys;
}

}  // namespace

std::span<const ConfigKey> MongodbBackend::brokerConnectionKeys() const {
  static const auto keys = keysWith("tasks", "collection that is the queue");
  return keys;
}

std::span<const ConfigKey> MongodbBackend::metaConnectionKeys() const {
  static const auto keys = keysWith("info", "collection of the records");
  return keys;
}

Result<std::shared_ptr<MongodbPool>> MongodbBackend::poolOf(MongodbAddress address) {
  const std::lock_guard lock(mutex_);
  auto& known = pools_[address.poolKey()];
  if (auto pool = known.lock(); pool != nullptr && pool->isOfThisProcess()) return pool;
  auto pool = MongodbPool::open(std::move(address), clockMaxAge_);
  if (pool) known = *pool;
  return pool;
}

Result<std::unique_ptr<SimpleBroker>> MongodbBackend::openBroker(const Json& connection, BrokerUse use) {
  auto address = mongodbAddress(connection);
  if (!address) return address.error();
  auto pool = poolOf(*address);
  if (!pool) return pool.error();
  auto broker = MongodbBroker::open(std::move(*pool), std::move(address->collection), use);
  if (!broker) return broker.error();
  return std::unique_ptr<SimpleBroker>(std::move(*broker));
}

Result<std::unique_ptr<SimpleMetaStorage>> MongodbBackend::openMetaStorage(const Json& connection,
                                                                           std::optional<Duration> expireAfter,
                                                                           MetaUse use) {
  auto address = mongodbAddress(connection);
  if (!address) return address.error();
  auto pool = poolOf(*address);
  if (!pool) return pool.error();
  auto storage = MongodbMetaStorage::open(std::move(*pool), std::move(address->collection), expireAfter, use);
  if (!storage) return storage.error();
  return std::unique_ptr<SimpleMetaStorage>(std::move(*storage));
}

BrokerTraits MongodbBackend::traitsOfNewBroker() const {
  return MongodbBroker::traitsOfEveryServer();
}

MetaTraits MongodbBackend::traitsOfNewStorage() const {
  return MongodbMetaStorage::traitsOfEveryServer();
}

std::unique_ptr<Backend> makeBackend() {
  removeCounterFile();
  return std::make_unique<MongodbBackend>();
}

}  // namespace leptir::mongodb
