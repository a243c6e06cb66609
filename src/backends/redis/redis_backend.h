// `type: redis`: tasks and records on a redis-server, as the PHP original keeps them.
#pragma once

#include "leptir/backend.h"

namespace leptir {

// Any thread. What it opens has a connection of its own each, and is used by one thread at a time.
class RedisBackend final : public Backend {
 public:
  std::string_view type() const override { return "redis"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override;
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter,
                                                             MetaUse use = MetaUse::Save) override;
  // PHP leptir's -1: never.
  std::optional<Duration> defaultExpiry() const override { return {}; }
  // None: the server should have the next requests while it answers the last, so records go by a thread and a
  // connection of their own. By the feeder's, instances of no-op tasks were 8 to 15 % slower.
  std::string place(const Json&) const override { return {}; }
  // Sessions expire by time.
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override { return {}; }
};

}  // namespace leptir
