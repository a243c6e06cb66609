// Which line of the shared page each broker has. A line is a broker's number in cells, so it stays its own while
// configurations come and go; one that is no longer configured keeps it until nothing of its tasks is left here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "leptir/config.h"
#include "link/shared_page.h"

namespace leptir {

class BrokerLines {
 public:
  struct Line {
    Config::Broker broker;
    bool leaving = false;  // no longer configured
    bool fresh = false;    // its broker is another one than before
  };

  // At the start: one for each broker.
  explicit BrokerLines(const std::vector<Config::Broker>& brokers);
  BrokerLines() = default;

  // With another configuration. A broker is the same one if its type and its connection are; its name and its priority
  // may change. `hasEnded` answers whether a line that was leaving is free for another one. Invalid: too many brokers.
  Result<BrokerLines> with(const std::vector<Config::Broker>& brokers,
                           const std::function<bool(std::size_t line)>& hasEnded) const;

  const std::vector<Line>& lines() const { return lines_; }
  // In a worker, which opens no store: overwrites their connections.
  void wipeConnections();
  // All of them as a configuration names them, in the order of the lines.
  std::vector<Config::Broker> brokers() const;
  // What has changed since `before`, for the log: ", broker x added, broker y removed". Empty: nothing.
  std::string changesSince(const BrokerLines& before) const;

  // Master, while no dispatcher runs: makes the page's lines fit. An epoch that was spent in any line is never spent in
  // a fresh one, since both may be of one store.
  void putInto(SharedPage& page) const;

 private:
  bool serves(const std::string& name) const;
  std::vector<Line> lines_;
};

}  // namespace leptir
