// A backend of this program's own (backend.h): tasks and records, each in a file of a folder. In the configuration:
//   brokers:      [{ type: folder, connection: { path: /var/spool/work } }]
//   meta_storage: [{ type: folder, connection: { path: /var/spool/work } }]
// For a few hundred tasks on one machine: most operations read all files of the folder.
#pragma once

#include "leptir/spi/backend.h"

namespace folder {

// The constructor opens nothing: each process that opens stores makes an object of its own.
class FolderBackend final : public leptir::Backend {
 public:
  // Tests give a clock that they move.
  explicit FolderBackend(const leptir::Clock& clock = leptir::systemClock()) : clock_(clock) {}

  std::string_view type() const override { return "folder"; }
  std::span<const leptir::ConfigKey> brokerConnectionKeys() const override;
  std::span<const leptir::ConfigKey> metaConnectionKeys() const override;

  leptir::Result<std::unique_ptr<leptir::SimpleBroker>> openBroker(const leptir::Json& connection,
                                                                   leptir::BrokerUse use) override;
  leptir::Result<std::unique_ptr<leptir::SimpleMetaStorage>> openMetaStorage(
      const leptir::Json& connection, std::optional<leptir::Duration> expireAfter, leptir::MetaUse use) override;
  leptir::BrokerTraits traitsOfNewBroker() const override;
  leptir::MetaTraits traitsOfNewStorage() const override;
  std::optional<leptir::Duration> defaultExpiry() const override { return std::chrono::hours(7 * 24); }
  // The same text for every spelling of one folder: tasks and records in one folder are then used by one thread.
  std::string storeLocation(const leptir::Json& connection) const override;
  // Sessions expire by time.
  std::optional<std::filesystem::path> sessionLockFile(const leptir::Json&, std::string_view) const override {
    return {};
  }

 private:
  const leptir::Clock& clock_;
};

}  // namespace folder
