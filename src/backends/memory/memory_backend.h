// `type: memory`: tasks and records in the memory of one process, for tests and for trying leptir out. They end with
// the process, and no other process sees them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "backends/memory/memory_meta_storage.h"
#include "backends/memory/memory_queue.h"
#include "leptir/spi/backend.h"

namespace leptir::memory {

// Any thread. Stores that are opened with the same name share their tasks or records as long as this object lives.
class MemoryBackend final : public Backend {
 public:
  explicit MemoryBackend(const Clock& clock = systemClock()) : clock_(&clock) {}

  std::string_view type() const override { return "memory"; }
  std::span<const ConfigKey> brokerConnectionKeys() const override;
  std::span<const ConfigKey> metaConnectionKeys() const override { return brokerConnectionKeys(); }
  Result<std::unique_ptr<SimpleBroker>> openBroker(const Json& connection, BrokerUse use) override;
  Result<std::unique_ptr<SimpleMetaStorage>> openMetaStorage(const Json& connection,
                                                             std::optional<Duration> expireAfter,
                                                             MetaUse use = MetaUse::Save) override;
  std::optional<Duration> defaultExpiry() const override { return std::nullopt; }
  std::string storeLocation(const Json&) const override { return {}; }
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override {
    return std::nullopt;
  }

  // The queue behind the brokers of this name, for tests that inspect it or push raw bytes.
  std::shared_ptr<MemoryQueue> queue(const std::string& name);

 private:
  const Clock* clock_;
  std::mutex mutex_;  // guards both maps
  std::map<std::string, std::shared_ptr<MemoryQueue>> queues_;
  std::map<std::string, std::shared_ptr<MemoryRecords>> records_;
};

// Makes this backend for src/config/linked_backends.cc, which finds it by its name where this library is linked.
std::unique_ptr<Backend> makeBackend();

}  // namespace leptir::memory
