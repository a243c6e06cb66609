// What instances and commands share through a MongoDB deployment (leptir/spi/fleet_store.h has the contract): one
// document for each text, in the collection `<collection>.fleet` (README.md, "What a fleet shares").
#pragma once

#include <memory>
#include <string>

#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/mongodb_queue.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::mongodb {

class MongodbFleet final : public FleetStore {
 public:
  explicit MongodbFleet(std::shared_ptr<MongodbQueue> queue) : queue_(std::move(queue)), client_(*queue_->client) {}

  Result<void> put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) override;
  Result<bool> erase(std::string_view key) override;
  Result<std::string> get(std::string_view key) override;
  Result<std::vector<FleetEntry>> list(std::string_view prefix, std::string_view after, std::size_t limit) override;
  Result<std::uint64_t> version() override;

  // The index by which the server removes texts that have expired.
  static std::span<const MongodbIndex> indexes();

 private:
  Result<void> noteChange(std::string_view key);
  Result<bool> isStored(const Document& filter);

  std::shared_ptr<MongodbQueue> queue_;
  MongodbClient& client_;
};

}  // namespace leptir::mongodb
