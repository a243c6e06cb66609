// The one file that opens stores. The public functions openBroker and
// openMetaStorage (leptir/config.h) are defined here, too.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/broker_factory.h"
#include "config/backends.h"
#include "config/store_circuit_breaker.h"
#include "leptir/config.h"
#include "leptir/spi/backend.h"
#include "meta/meta_storage_factory.h"

namespace leptir::config {

// The backends of leptir that the program is linked with, and the program's own.
Backends allBackends(const BackendRegistry& own);

// The stores of a configuration, in the file's order, not opened yet. Use one object in each process that opens stores,
// since stores may share something within a process. The factories that it returns work without it.
class Stores {
 public:
  explicit Stores(const Config& config);
  // For commands that ask several questions: openBroker and openMetaStorage wait for a server that does not answer
  // once, and then do not ask it for a while (store_circuit_breaker.h).
  Stores(const Config& config, OnOpening onOpening);

  // For applications and commands; see openBroker and openMetaStorage in leptir/config.h. With Inspect, opening creates
  // nothing: a store that does not exist yet answers NotFound when it is used.
  Result<Broker> openBroker(BrokerUse use) const;
  Result<MetaStorage> openMetaStorage(MetaUse use) const;

  // For a dispatcher. The factories answer errors as in leptir/spi/backend.h; Unsupported: the program has no such
  // backend.
  std::vector<broker::BrokerFactory> brokerFactories(BrokerUse use = BrokerUse::Dispatch) const;
  std::vector<meta::MetaStorageFactory> metaStorageFactories(MetaUse use = MetaUse::Save) const;

  // What the store with this index can do, for a store that does not exist yet (opening it answered NotFound).
  BrokerTraits traitsOfNewBroker(std::size_t index) const;
  MetaTraits traitsOfNewStorage(std::size_t index) const;

  // The files that the master locks before it forks (Backend::sessionLockFile), each once.
  std::vector<std::filesystem::path> sessionLockFiles(std::string_view instance) const;

 private:
  std::vector<MetaStorage::Entry> metaStorageEntries(MetaUse use) const;

  std::vector<Config::Broker> brokers_;
  std::vector<Config::MetaStorage> metaStorages_;
  std::shared_ptr<const Backends> backendsByType_;  // shared with the factories
  std::shared_ptr<StoreCircuitBreaker> breaker_;    // null: each opening of a store waits as long as the store lets it
};

}  // namespace leptir::config
