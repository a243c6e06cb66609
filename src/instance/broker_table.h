// Gives each broker a line of the shared page. Cells name their broker by the number of its line, so a broker keeps its
// line through reloads; a broker that is no longer configured keeps it until none of its tasks is left in this
// instance.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "leptir/config.h"
#include "link/shared_page.h"

namespace leptir::instance {

class BrokerTable {
 public:
  struct Entry {
    Config::Broker broker;
    bool detaching = false;    // no longer configured, but tasks of it may be left here
    bool isNewBroker = false;  // the last reload, or the start, gave this entry to this broker
  };

  // At the start: one entry for each broker.
  explicit BrokerTable(const std::vector<Config::Broker>& brokers);
  BrokerTable() = default;

  // After a reload of the configuration. A broker counts as the same if its type and connection are; its name and
  // priority may change. `hasEnded` answers whether a line that was detaching has no task left and is free for another
  // broker. Invalid: too many brokers.
  Result<BrokerTable> with(const std::vector<Config::Broker>& brokers,
                           const std::function<bool(std::size_t line)>& hasEnded) const;

  // In the order of the lines.
  const std::vector<Entry>& entries() const { return entries_; }
  // For a worker, which opens no store: overwrites the connections of all brokers in memory.
  void wipeConnections();
  // All brokers, also those that are detaching, in the order of the lines.
  std::vector<Config::Broker> brokers() const;
  // The changes since `before`, for the log: ", broker x added, broker y removed"; empty without changes.
  std::string changesSince(const BrokerTable& before) const;

  // Master, while no dispatcher runs: updates the lines of the shared page. A new broker uses no epoch that was used in
  // any line, since two lines may belong to the same store.
  void updateSharedPage(link::SharedPage& page) const;

 private:
  bool serves(const std::string& name) const;
  Entry* entryOf(const Config::Broker& broker);

  std::vector<Entry> entries_;
};

}  // namespace leptir::instance
