#include "folder_backend.h"

#include <array>

#include "folder_broker.h"
#include "folder_meta_storage.h"

namespace folder {
namespace {

namespace fs = std::filesystem;

// The folder of a connection, without `.`, `..`, doubled slashes and symbolic links.
fs::path folderOf(const Json& connection) {
  const fs::path written = connection.value("path", std::string());
  std::error_code error;
  auto path = fs::weakly_canonical(written, error);
  if (error) path = written.lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

Error noSuchFolder(const fs::path& path) {
  return Error(ErrorCode::NotFound, path.string() + ": no such folder yet");
}

std::span<const leptir::ConfigKey> connectionKeys() {
  static const std::array<leptir::ConfigKey, 1> keys{
      {{"path", leptir::ConfigKey::Type::Path, nullptr, "the folder, on a local disk; made when it is missing"}}};
  return keys;
}

}  // namespace

std::span<const leptir::ConfigKey> FolderBackend::brokerConnectionKeys() const {
  return connectionKeys();
}

std::span<const leptir::ConfigKey> FolderBackend::metaConnectionKeys() const {
  return connectionKeys();
}

// "For Dispatch a store may choose a weaker durability, since losing its last writes only repeats tasks" (backend.h).
leptir::Result<std::unique_ptr<leptir::SimpleBroker>> FolderBackend::openBroker(const Json& connection,
                                                                                leptir::BrokerUse use) {
  const auto path = folderOf(connection);
  if (use == leptir::BrokerUse::Inspect && !isThere(path / "tasks")) return noSuchFolder(path);
  const auto durability = use == leptir::BrokerUse::Push ? Durability::PowerCut : Durability::ProcessCrash;
  auto store = std::make_shared<FolderStore>(path, clock_, durability);
  if (auto made = store->make(); !made) return made.error();
  return std::make_unique<FolderBroker>(std::move(store));
}

leptir::Result<std::unique_ptr<leptir::SimpleMetaStorage>> FolderBackend::openMetaStorage(
    const Json& connection, std::optional<leptir::Duration> expireAfter, leptir::MetaUse use) {
  const auto path = folderOf(connection);
  if (use == leptir::MetaUse::Inspect && !isThere(path / "records")) return noSuchFolder(path);
  if (auto made = makeFolder(path / "records"); !made) return made.error();
  return std::make_unique<FolderMetaStorage>(path, expireAfter, clock_);
}

leptir::BrokerTraits FolderBackend::traitsOfNewBroker() const {
  return FolderBroker::traitsOfAll();
}

leptir::MetaTraits FolderBackend::traitsOfNewStorage() const {
  return FolderMetaStorage::traitsOfAll();
}

std::string FolderBackend::storeLocation(const Json& connection) const {
  return folderOf(connection).string();
}

}  // namespace folder
