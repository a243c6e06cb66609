#include "backends/sqlite/sqlite_backend.h"

#include <array>
#include <chrono>

#include "backends/sqlite/sqlite_broker.h"
#include "backends/sqlite/sqlite_meta_storage.h"
#include "backends/sqlite/sqlite_schema.h"

namespace leptir {
namespace {

std::filesystem::path pathIn(const Json& connection) {
  const auto path = connection.find("path");
  return path != connection.end() && path->is_string() ? path->get<std::string>() : std::string();
}

Result<std::unique_ptr<SqliteConnection>> openPrepared(std::shared_ptr<SqliteFile> file, const Clock& clock) {
  auto connection = SqliteConnection::open(std::move(file), clock);
  if (!connection) return connection;
  if (auto prepared = prepareSchema(**connection); !prepared) return prepared.error();
  return connection;
}

}  // namespace

std::span<const ConfigKey> SqliteBackend::brokerConnectionKeys() const {
  static const std::array<ConfigKey, 1> keys{
      {{"path", ConfigKey::Type::Path, nullptr, "the database file, on a local disk; made when it is missing"}}};
  return keys;
}

Result<std::unique_ptr<SimpleBroker>> SqliteBackend::openBroker(const Json& connection, BrokerUse use) {
  auto opened = openPrepared(fileOf(connection), *clock_);
  if (!opened) return opened.error();
  return std::make_unique<SqliteBroker>(std::move(*opened), use);
}

Result<std::unique_ptr<SimpleMetaStorage>> SqliteBackend::openMetaStorage(const Json& connection,
                                                                          std::optional<Duration> expireAfter) {
  auto opened = openPrepared(fileOf(connection), *clock_);
  if (!opened) return opened.error();
  return std::make_unique<SqliteMetaStorage>(std::move(*opened), expireAfter);
}

std::optional<Duration> SqliteBackend::defaultExpiry() const {
  return std::chrono::hours(24 * 7);
}

std::optional<std::filesystem::path> SqliteBackend::sessionLockFile(const Json& connection,
                                                                    std::string_view instance) const {
  const auto lock = sessionLockPath(realPath(pathIn(connection)), instance);
  std::error_code ignored;  // whoever opens the file learns of it
  std::filesystem::create_directories(lock.parent_path(), ignored);
  return lock;
}

std::shared_ptr<SqliteFile> SqliteBackend::fileOf(const Json& connection) {
  const auto path = realPath(pathIn(connection));
  const std::lock_guard lock(mutex_);
  auto file = files_[path].lock();
  if (!file) {
    file = std::make_shared<SqliteFile>();
    file->path = path;
    files_[path] = file;
  }
  return file;
}

}  // namespace leptir
