// For end-to-end tests on a real server: an installation whose broker and meta storage lie on it, and the server as PHP
// producers and consumers see it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "tests/e2e/installation.h"

namespace leptir::e2e {

class ServerStore {
 public:
  ServerStore() = default;
  virtual ~ServerStore() = default;
  ServerStore(const ServerStore&) = delete;
  ServerStore& operator=(const ServerStore&) = delete;

  // `type` and `connection` of the configuration of a broker or a meta storage.
  virtual std::string configuration() const = 0;
  // The same for a server that refuses this password. The caller keeps the server running.
  virtual std::string configurationWith(const std::string& password) = 0;

  // Pushes a task as a PHP producer does, due at once.
  virtual void pushAsPhp(const std::string& id, const std::string& name) = 0;
  // Pushes what is no task; returns how many.
  virtual std::size_t pushMalformed() = 0;
  // Takes all tasks as PHP consumers do, without a lease.
  virtual void takeAllAsPhp() = 0;
  virtual std::size_t queued() = 0;
  // The record as it is stored; null: there is none.
  virtual Json record(const std::string& id) = 0;

  // Only for a server of the test's own.
  virtual void stop() = 0;
  virtual void start() = 0;
};

// Whether the test may stop the server; else it may be one that is shared with other tests.
enum class ServerUse { Shared, Own };

class ServerStoreTest : public Installation {
 protected:
  // Writes the configuration: two workers, records that expire after a day.
  explicit ServerStoreTest(std::unique_ptr<ServerStore> made);

  // `daemon`: further keys of daemon.configuration, as in ", key: value"; `rest`: further blocks.
  void configure(const std::string& daemon = "", const std::string& rest = "");
  void configureOn(const std::string& store, const std::string& daemon = "", const std::string& rest = "");
  Json record(const std::string& id) { return store->record(id); }
  bool isDone(const std::string& id);

  const std::unique_ptr<ServerStore> store;
};

}  // namespace leptir::e2e
