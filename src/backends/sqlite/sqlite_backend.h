// `type: sqlite`: tasks and records in one local file, shared by all processes of one machine.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>

#include "backends/sqlite/sqlite_file.h"
#include "leptir/spi/backend.h"

namespace leptir::sqlite {

class SqliteConnection;

// Any thread. Each store that it opens is used by one thread at a time; stores of one file share a connection.
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
  std::string storeLocation(const Json& connection) const override;
  std::optional<std::filesystem::path> sessionLockFile(const Json& connection,
                                                       std::string_view instance) const override;

 private:
  // One database file and its connection, while stores of it are open. Each file has a mutex of its own: to open a
  // database that another program has locked takes seconds, and threads that open other files must not wait for that.
  struct FileEntry {
    std::mutex openingMutex;  // guards the next three
    std::weak_ptr<SqliteFile> file;
    std::weak_ptr<SqliteConnection> connection;
    WhenMissing openedFor = WhenMissing::Create;  // of the connection
  };
  Result<std::shared_ptr<SqliteConnection>> connectionTo(const Json& connection, WhenMissing missing);
  FileEntry& entryFor(const std::filesystem::path& path);

  const Clock* clock_;
  std::mutex mutex_;  // guards entries_; entries are never removed, so references to them stay valid
  std::map<std::filesystem::path, FileEntry> entries_;
};

// Makes this backend for src/config/linked_backends.cc, which finds it by its name where this library is linked.
std::unique_ptr<Backend> makeBackend();

}  // namespace leptir::sqlite
