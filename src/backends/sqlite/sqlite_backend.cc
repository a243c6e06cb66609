#include "backends/sqlite/sqlite_backend.h"

#include <array>
#include <chrono>

#include "backends/sqlite/sqlite_broker.h"
#include "backends/sqlite/sqlite_meta_storage.h"
#include "backends/sqlite/sqlite_schema.h"

namespace leptir::sqlite {
namespace {

std::filesystem::path pathIn(const Json& connection) {
  const auto path = connection.find("path");
  return path != connection.end() && path->is_string() ? path->get<std::string>() : std::string();
}

}  // namespace

std::span<const ConfigKey> SqliteBackend::brokerConnectionKeys() const {
  static const std::array<ConfigKey, 1> keys{
      {{"path", ConfigKey::Type::Path, nullptr, "the database file, on a local disk; made when it is missing"}}};
  return keys;
}

Result<std::unique_ptr<SimpleBroker>> SqliteBackend::openBroker(const Json& connection, BrokerUse use) {
  auto opened = connectionTo(connection, use == BrokerUse::Inspect ? WhenMissing::ReportNotFound : WhenMissing::Create);
  if (!opened) return opened.error();
  return std::make_unique<SqliteBroker>(std::move(*opened), use);
}

Result<std::unique_ptr<SimpleMetaStorage>> SqliteBackend::openMetaStorage(const Json& connection,
                                                                          std::optional<Duration> expireAfter,
                                                                          MetaUse use) {
  auto opened = connectionTo(connection, use == MetaUse::Inspect ? WhenMissing::ReportNotFound : WhenMissing::Create);
  if (!opened) return opened.error();
  return std::make_unique<SqliteMetaStorage>(std::move(*opened), expireAfter);
}

BrokerTraits SqliteBackend::traitsOfNewBroker() const {
  return SqliteBroker::traitsOfEveryFile();
}

MetaTraits SqliteBackend::traitsOfNewStorage() const {
  return SqliteMetaStorage::traitsOfEveryFile();
}

std::optional<Duration> SqliteBackend::defaultExpiry() const {
  return std::chrono::hours(24 * 7);
}

std::string SqliteBackend::storeLocation(const Json& connection) const {
  return realPath(pathIn(connection));
}

std::optional<std::filesystem::path> SqliteBackend::sessionLockFile(const Json& connection,
                                                                    std::string_view instance) const {
  SqliteFile file;
  file.path = realPath(pathIn(connection));
  static_cast<void>(prepareFiles(file));  // the process that opens the store reports the error
  return sessionLockPath(file.path, instance);
}

Result<std::shared_ptr<SqliteConnection>> SqliteBackend::connectionTo(const Json& connection, WhenMissing missing) {
  const auto path = realPath(pathIn(connection));
  auto& entry = entryFor(path);
  const std::lock_guard lock(entry.openingMutex);
  // A connection that was opened only to look may lack the right to write, and its tables may be those of an older
  // version.
  const bool suits = missing == WhenMissing::ReportNotFound || entry.openedFor == WhenMissing::Create;
  if (auto shared = entry.connection.lock(); shared && suits && !shared->isBroken()) return shared;
  auto file = entry.file.lock();
  if (!file) {
    entry.file = file = std::make_shared<SqliteFile>();
    file->path = path;
  }
  auto opened = SqliteConnection::open(file, *clock_, missing);
  if (!opened) return opened;
  if (auto prepared = prepareSchema(**opened, missing); !prepared) return prepared.error();
  entry.connection = *opened;
  entry.openedFor = missing;
  return opened;
}

SqliteBackend::FileEntry& SqliteBackend::entryFor(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  return entries_[path];
}

std::unique_ptr<Backend> makeBackend() {
  return std::make_unique<SqliteBackend>();
}

}  // namespace leptir::sqlite
