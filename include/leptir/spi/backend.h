// A backend is the code for one kind of store, which the configuration names with `type:` (sqlite, redis, …). It says
// which configuration keys the store needs, and opens the store. A program adds its own to Program::backends;
// src/config/linked_backends.cc lists leptir's.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "leptir/json.h"
#include "leptir/spi/simple_broker.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir {

// One key of a `connection:` or `configuration:` block. The configuration reader refuses every other key.
struct ConfigKey {
  // Path: of a file. A relative path counts from the folder of the configuration file; the backend gets the absolute
  // path.
  enum class Type { Text, Path, Integer, Number, Boolean, Map };
  std::string_view name{};
  Type type{};
  Json defaultValue{};         // null: the key is required
  std::string_view meaning{};  // one line, printed in messages and documents
};

// The purpose for which a broker is opened. For Dispatch a store may choose a weaker durability, since losing its last
// writes only repeats tasks.
enum class BrokerUse {
  Push,      // applications and commands push: a pushed task survives a power cut
  Dispatch,  // a dispatcher leases and acknowledges
  Inspect,   // commands count, find and cancel tasks of an existing store: opening creates no store
};
enum class MetaUse {
  Save,
  Inspect,  // commands read records: opening creates no store
};

// Each process that opens stores makes objects of each backend. An object keeps only what its stores in this process
// share, for example the lock of a SQLite file. No function of a backend or of its stores may throw.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string_view type() const = 0;
  virtual std::span<const ConfigKey> brokerConnectionKeys() const = 0;
  virtual std::span<const ConfigKey> metaConnectionKeys() const = 0;

  // Opens a broker. `connection` holds every key of brokerConnectionKeys with its value or default. The call waits a
  // few seconds for a server at most. Unavailable: try again later (also when descriptors, memory, disk space or the
  // rights to a file are missing). Invalid: this configuration can never be opened. Corrupt: the store's data is
  // damaged or not of this kind (no database, …). NotFound, only for BrokerUse::Inspect: the store does not exist yet.
  virtual Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) = 0;
  // Opens a meta storage; errors as for openBroker. Without `expireAfter`, records stay for ever.
  virtual Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                                     std::optional<Duration> expireAfter,
                                                                     MetaUse use = MetaUse::Save) = 0;
  // The traits of a store that does not exist yet and therefore cannot be opened for BrokerUse::Inspect.
  virtual BrokerTraits traitsOfNewBroker() const { return {}; }
  virtual MetaTraits traitsOfNewStorage() const { return {}; }
  // A store that keeps tasks but no records says so here, and what to configure instead: the configuration reader
  // refuses it as a meta storage with this sentence. Empty: it keeps records.
  virtual std::string_view whyNoRecords() const { return {}; }
  // The value of `expire_after_seconds` when the configuration does not set it; none: records stay for ever.
  virtual std::optional<Duration> defaultExpiry() const = 0;

  // Identifies where a store lies (a file, a server). One thread should use all stores of a backend with the same
  // location, so that they share a connection and a transaction. Empty: unknown. It is asked for the connections of
  // brokers and of meta storages.
  virtual std::string storeLocation(const Json& connection) const = 0;

  // For stores whose sessions last as long as the processes of their instance: the lock file, one for each instance and
  // store. The master locks it (flock, exclusive) before it forks, and every process of the instance inherits the lock.
  // The call creates the folder of the file if it can. None: sessions of this store expire by time.
  virtual std::optional<std::filesystem::path> sessionLockFile(const Json& connection,
                                                               std::string_view instance) const = 0;
};

}  // namespace leptir
