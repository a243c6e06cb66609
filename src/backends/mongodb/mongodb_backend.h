// `type: mongodb`: tasks and records in the collections of PHP leptir, on any MongoDB deployment.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "leptir/spi/backend.h"

namespace leptir::mongodb {

class MongodbPool;
struct MongodbAddress;

// May be used by any thread. Each broker and storage that it opens is used by one thread at a time; stores of one
// deployment share a pool of connections as long as one of them is open.
class MongodbBackend final : public Backend {
 public:
  // `clockMaxAge` as MongodbPool::open.
  explicit MongodbBackend(Duration clockMaxAge = std::chrono::minutes(1)) : clockMaxAge_(clockMaxAge) {}

  std::string_view type() const override { return "mongodb"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override;
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter,
                                                             MetaUse use = MetaUse::Save) override;
  BrokerTraits traitsOfNewBroker() const override;
  MetaTraits traitsOfNewStorage() const override;
  // None: records do not expire, like PHP leptir's default of -1.
  std::optional<Duration> defaultExpiry() const override { return {}; }
  // Empty: records are saved by a thread with its own connection, as on Redis.
  std::string storeLocation(const Json&) const override { return {}; }
  // None: on MongoDB a session ends when its time expires.
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override { return {}; }

 private:
  Result<std::shared_ptr<MongodbPool>> poolOf(MongodbAddress address);

  const Duration clockMaxAge_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<MongodbPool>> pools_;  // by MongodbAddress::poolKey()
};

// Makes this backend for src/config/linked_backends.cc, which finds it by its name where this library is linked.
std::unique_ptr<Backend> makeBackend();

}  // namespace leptir::mongodb
