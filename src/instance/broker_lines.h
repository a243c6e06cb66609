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

class BrokerLines {
 public:
  struct Line {
    Config::Broker broker;
    bool detaching = false;  // no longer configured, but tasks of it may be left here
    bool fresh = false;      // given to its broker by the last reload, or at the start
  };

  // At the start: one line for each broker.
  explicit BrokerLines(const std::vector<Config::Broker>& brokers);
  BrokerLines() = default;

  // After a reload of the configuration. A broker counts as the same if its type and connection are; its name and
  // priority may change. `hasEnded` answers whether a line that was detaching has no task left and is free for another
  // broker. Invalid: too many brokers.
  Result<BrokerLines> with(const std::vector<Config::Broker>& brokers,
                           const std::function<bool(std::size_t line)>& hasEnded) const;

  const std::vector<Line>& lines() const { return lines_; }
  // For a worker, which opens no store: overwrites the connections of all brokers in memory.
  void wipeConnections();
  // All brokers, also those that are detaching, in the order of the lines.
  std::vector<Config::Broker> brokers() const;
  // The changes since `before`, for the log: ", broker x added, broker y removed"; empty without changes.
  std::string changesSince(const BrokerLines& before) const;

  // Master, while no dispatcher runs: updates the lines of the shared page. A fresh line uses no epoch that was used in
  // any line, since two lines may belong to the same store.
  void putInto(link::SharedPage& page) const;

 private:
  bool serves(const std::string& name) const;
  std::vector<Line> lines_;
};

}  // namespace leptir::instance
