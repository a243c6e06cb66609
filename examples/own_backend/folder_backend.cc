#include "folder_backend.h"

#include <array>

#include "folder_broker.h"

namespace folder {
namespace {

namespace fs = std::filesystem;
using leptir::Error, leptir::ErrorCode, leptir::Json;

// Empty for the connection of a meta storage, which has no keys here.
fs::path pathIn(const Json& connection) {
  return connection.value("path", std::string());
}

}  // namespace

std::span<const leptir::ConfigKey> FolderBackend::brokerConnectionKeys() const {
  static const std::array<leptir::ConfigKey, 1> keys{
      {{"path", leptir::ConfigKey::Type::Path, nullptr, "the folder, on a local disk; made when it is missing"}}};
  return keys;
}

leptir::Result<std::unique_ptr<leptir::SimpleBroker>> FolderBackend::openBroker(const Json& connection,
                                                                                leptir::BrokerUse use) {
  const auto path = pathIn(connection);
  if (use == leptir::BrokerUse::Inspect && !fs::exists(path / "tasks"))
    return Error(ErrorCode::NotFound, path.string() + ": no such folder yet");
  for (const auto* below : {"tasks", "sessions"}) {
    std::error_code failed;
    fs::create_directories(path / below, failed);
    if (failed) return Error(ErrorCode::Unavailable, path.string() + ": " + failed.message());
  }
  return std::make_unique<FolderBroker>(path);
}

leptir::Result<std::unique_ptr<leptir::SimpleMetaStorage>> FolderBackend::openMetaStorage(
    const Json&, std::optional<leptir::Duration>, leptir::MetaUse) {
  return Error(ErrorCode::Invalid, "a folder keeps no records: choose another type for meta_storage");
}

leptir::BrokerTraits FolderBackend::traitsOfNewBroker() const {
  return FolderBroker::traitsOfAll();
}

std::string FolderBackend::storeLocation(const Json& connection) const {
  return pathIn(connection).string();
}

}  // namespace folder
