// The one place that knows which backends there are, and that opens stores. The public openBroker and openMetaStorage
// (leptir/config.h) are defined here too.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/broker_seat.h"
#include "config/backends.h"
#include "leptir/backend.h"
#include "leptir/config.h"
#include "meta/meta_seat.h"

namespace leptir {

// All that this build has.
Backends allBackends();

// The stores of a configuration, none of them open yet, in the file's order. One object per process that opens stores:
// those of one process may share something. What it hands out stays good without it.
class Stores {
 public:
  explicit Stores(const Config& config);
  Stores(const Config& config, std::shared_ptr<const Backends> backends);

  // For a dispatcher. Errors as leptir/backend.h has them; Unsupported: this build has no backend of the type.
  std::vector<BrokerSeat> brokerSeats(BrokerUse use = BrokerUse::Dispatch) const;
  std::vector<MetaSeat> metaSeats(MetaUse use = MetaUse::Save) const;

  // What the store of that place in the list can do, when opening it answered NotFound.
  BrokerTraits traitsOfNewBroker(std::size_t index) const;
  MetaTraits traitsOfNewStorage(std::size_t index) const;

  // What the master locks before it forks (see Backend::sessionLockFile), each file once.
  std::vector<std::filesystem::path> sessionLockFiles(std::string_view instance) const;

 private:
  std::vector<Config::Broker> brokers_;
  std::vector<Config::MetaStorage> metaStorages_;
  std::shared_ptr<const Backends> backends_;  // shared with the seats
};

// For commands that look: opening makes nothing. A store that was not made yet answers NotFound when it is used, and is
// left out of the meta storages; NotFound: none of them was made yet.
Result<Broker> openBroker(const Config& config, BrokerUse use);
Result<MetaStorage> openMetaStorage(const Config& config, MetaUse use);

}  // namespace leptir
