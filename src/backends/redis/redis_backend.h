// `type: redis`: tasks and records on a redis-server, in the keys and forms of PHP leptir.
#pragma once

#include "leptir/spi/backend.h"

namespace leptir::redis {

// May be used by any thread. Each broker and storage that it opens has its own connection and is used by one thread at
// a time.
class RedisBackend final : public Backend {
 public:
  std::string_view type() const override { return "redis"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override;
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter,
                                                             MetaUse use = MetaUse::Save) override;
  // Never, as PHP leptir's default -1.
  std::optional<Duration> defaultExpiry() const override { return {}; }
  // Empty: records are not saved over the broker's connection by the feeder but by a thread with its own connection, so
  // that the server already has further requests while it answers. Measured: saving through the feeder made instances
  // with no-op tasks 8 to 15 % slower.
  std::string storeLocation(const Json&) const override { return {}; }
  // None: on Redis a session ends when its time expires.
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override { return {}; }
};

// Makes this backend for src/config/linked_backends.cc, which finds it by its name where this library is linked.
std::unique_ptr<Backend> makeBackend();

}  // namespace leptir::redis
