// `type: sqlite`: tasks and records in one local file, shared by all processes of one machine.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "backends/sqlite/sqlite_file.h"
#include "leptir/backend.h"

namespace leptir {

class SqliteConnection;

// Any thread. What it opens is used by one thread at a time each; stores of one file share a connection.
class SqliteBackend final : public Backend {
 public:
  explicit SqliteBackend(const Clock& clock = systemClock()) : clock_(&clock) {}

  std::string_view type() const override { return "sqlite"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override { return brokerConnectionKeys(); }
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter,
                                                             MetaUse use = MetaUse::Save) override;
  BrokerTraits traitsOfNewBroker() const override;
  MetaTraits traitsOfNewStorage() const override;
  std::optional<Duration> defaultExpiry() const override;
  std::string place(const Json& connection) const override;
  std::optional<std::filesystem::path> sessionLockFile(const Json& connection,
                                                       std::string_view instance) const override;

 private:
  // Of the stores that are open now. Each file has its own lock: while one of them is locked by somebody else, opening
  // it takes seconds, and the others must not wait for that.
  struct Known {
    std::mutex opening;  // guards the next two
    std::weak_ptr<SqliteFile> file;
    std::weak_ptr<SqliteConnection> connection;
  };
  Result<std::shared_ptr<SqliteConnection>> connectionTo(const Json& connection, Missing missing);
  Known& known(const std::filesystem::path& path);

  const Clock* clock_;
  std::mutex mutex_;  // guards known_, whose entries stay
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace leptir
