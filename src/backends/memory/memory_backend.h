// `type: memory`: for tests and for trying things out. Nothing outlives the process, and no other process sees it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "backends/memory/memory_meta_storage.h"
#include "backends/memory/memory_queue.h"
#include "leptir/backend.h"

namespace leptir {

// Any thread. Stores of one name share what they hold, as long as this object lives.
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
  std::string place(const Json&) const override { return {}; }
  std::optional<std::filesystem::path> sessionLockFile(const Json&, std::string_view) const override {
    return std::nullopt;
  }

  // What the broker of this name works on: for tests that look inside or put raw bytes in.
  std::shared_ptr<MemoryQueue> queue(const std::string& name);

 private:
  const Clock* clock_;
  std::mutex mutex_;  // guards both maps
  std::map<std::string, std::shared_ptr<MemoryQueue>> queues_;
  std::map<std::string, std::shared_ptr<MemoryRecords>> records_;
};

}  // namespace leptir
