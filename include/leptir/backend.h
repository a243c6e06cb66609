// One technology, as `type:` names it in the configuration: which keys it takes and how to open its stores.
// src/config/assemble.cc lists them all.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "leptir/json.h"
#include "leptir/simple_broker.h"
#include "leptir/simple_meta_storage.h"

namespace leptir {

// One key of a `connection:` or `configuration:` block. The configuration reader refuses every other key.
struct ConfigKey {
  // Path: of a file; one that does not begin with / counts from the folder of the configuration file, and the backend
  // gets it whole.
  enum class Type { Text, Path, Integer, Number, Boolean, Map };
  std::string_view name{};
  Type type{};
  Json defaultValue{};         // null: must be given
  std::string_view meaning{};  // one line for messages and docs
};

// What a store is opened for; stores may choose weaker durability where a lost tail only repeats tasks.
enum class BrokerUse {
  Push,      // pushes by applications and commands: what was pushed survives a power cut
  Dispatch,  // leases and acknowledgements by a dispatcher
  Look,      // counts, finds and cancels in what is there: opening makes nothing
};
enum class MetaUse {
  Save,
  Look,  // reads: opening makes nothing
};

// Stateless but for what its own stores in one process share (a SQLite file's lock, say): one object per process that
// opens stores.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::string_view type() const = 0;
  virtual std::span<const ConfigKey> brokerConnectionKeys() const = 0;
  virtual std::span<const ConfigKey> metaConnectionKeys() const = 0;

  // `connection` holds every key of brokerConnectionKeys with its value or default. Opening may wait for a server a few
  // seconds at most. Unavailable: try again later; want of descriptors, memory, space or rights to a file is that too.
  // Invalid: as it is configured it can never be opened. Corrupt: it is not what it should be (not a database, …).
  // NotFound, with Look only: there is no such store yet; it could be made.
  virtual Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) = 0;
  // `expireAfter` none: records stay for ever.
  virtual Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                                     std::optional<Duration> expireAfter,
                                                                     MetaUse use = MetaUse::Save) = 0;
  // What stores of this backend can do, for those that are not made yet (see BrokerUse::Look).
  virtual BrokerTraits traitsOfNewBroker() const { return {}; }
  virtual MetaTraits traitsOfNewStorage() const { return {}; }
  // What `expire_after_seconds` is when the configuration does not say.
  virtual std::optional<Duration> defaultExpiry() const = 0;

  // Where a store lies (a file, a server). Stores of one backend with the same place are best used by one thread: in
  // one go, one connection. Empty: nobody can tell.
  virtual std::string place(const Json& connection) const = 0;

  // For stores whose sessions live as long as their processes: the file that the master opens and locks (flock,
  // exclusive) before it forks, one per instance and store; every process of the instance inherits it. Its folder is
  // made if it can be. None: sessions of this store expire by time.
  virtual std::optional<std::filesystem::path> sessionLockFile(const Json& connection,
                                                               std::string_view instance) const = 0;
};

}  // namespace leptir
