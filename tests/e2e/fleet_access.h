// For end-to-end tests: the FleetStore of a SQLite database, as an operator's command on another machine uses it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backends/sqlite/sqlite_backend.h"
#include "fleet/instance_card.h"
#include "fleet/order.h"
#include "fleet/pause.h"

namespace leptir::e2e {

class FleetAccess {
 public:
  explicit FleetAccess(const std::filesystem::path& database)
      : broker_(sqlite::SqliteBackend().openBroker({{"path", database.string()}}, BrokerUse::Inspect).value()) {}

  FleetStore& store() { return *broker_->fleet(); }

  void pause(const std::string& name = {}) {
    const fleet::Pause pause{.name = name, .by = "ann@host", .since = systemClock().now()};
    EXPECT_TRUE(store().put(keyOf(pause), textOf(pause), {}));
  }
  void resume(const std::string& name = {}) { EXPECT_TRUE(store().erase(keyOf(fleet::Pause{.name = name}))); }

  // Returns the key and the text.
  FleetEntry order(const std::string& instance, fleet::Order::Kind kind, int workers = 0) {
    const fleet::Order order{
        .kind = kind, .instance = instance, .workers = workers, .by = "ann@host", .at = systemClock().now()};
    FleetEntry entry{keyOf(order, ++orders_), textOf(order)};
    EXPECT_TRUE(store().put(entry.key, entry.value, fleet::kOrderLifetime));
    return entry;
  }
  bool has(const std::string& key) { return store().get(key).has_value(); }

  std::vector<fleet::InstanceCard> cards() {
    std::vector<fleet::InstanceCard> cards;
    const auto entries = store().list("instances/", {}, 100).value();
    for (const auto& entry : entries) {
      if (auto card = fleet::instanceCardOf(entry)) cards.push_back(*std::move(card));
    }
    return cards;
  }

 private:
  std::unique_ptr<SimpleBroker> broker_;
  std::uint32_t orders_ = 0;
};

}  // namespace leptir::e2e
