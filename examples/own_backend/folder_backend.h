// A backend of this program's own: a queue that keeps each task in a file of a folder. In the configuration:
//   brokers: [{ type: folder, connection: { path: /var/spool/work } }]
#pragma once

#include "leptir/spi/backend.h"

namespace folder {

class FolderBackend final : public leptir::Backend {
 public:
  std::string_view type() const override { return "folder"; }
  std::span<const leptir::ConfigKey> brokerConnectionKeys() const override;
  std::span<const leptir::ConfigKey> metaConnectionKeys() const override { return {}; }

  leptir::Result<std::unique_ptr<leptir::SimpleBroker>> openBroker(const leptir::Json& connection,
                                                                   leptir::BrokerUse use) override;
  // It keeps no records.
  leptir::Result<std::unique_ptr<leptir::SimpleMetaStorage>> openMetaStorage(
      const leptir::Json& connection, std::optional<leptir::Duration> expireAfter, leptir::MetaUse use) override;
  leptir::BrokerTraits traitsOfNewBroker() const override;
  std::optional<leptir::Duration> defaultExpiry() const override { return {}; }
  std::string storeLocation(const leptir::Json& connection) const override;
  // Sessions expire by time.
  std::optional<std::filesystem::path> sessionLockFile(const leptir::Json&, std::string_view) const override {
    return {};
  }
};

}  // namespace folder
