#include "backends/memory/memory_backend.h"

#include <array>

#include "backends/memory/memory_broker.h"

namespace leptir::memory {
namespace {

std::string storeNameOf(const Json& connection) {
  return connection.value("name", "default");
}

}  // namespace

std::span<const ConfigKey> MemoryBackend::brokerConnectionKeys() const {
  static const std::array<ConfigKey, 1> keys{
      {{"name", ConfigKey::Type::Text, "default", "stores of the same name in one process share their contents"}}};
  return keys;
}

Result<std::unique_ptr<SimpleBroker>> MemoryBackend::openBroker(const Json& connection, BrokerUse) {
  return std::make_unique<MemoryBroker>(queue(storeNameOf(connection)));
}

Result<std::unique_ptr<SimpleMetaStorage>> MemoryBackend::openMetaStorage(const Json& connection,
                                                                          std::optional<Duration> expireAfter,
                                                                          MetaUse) {
  const std::lock_guard lock(mutex_);
  auto& records = records_[storeNameOf(connection)];
  if (!records) records = std::make_shared<MemoryRecords>();
  return std::make_unique<MemoryMetaStorage>(records, expireAfter, *clock_);
}

std::shared_ptr<MemoryQueue> MemoryBackend::queue(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& queue = queues_[name];
  if (!queue) queue = std::make_shared<MemoryQueue>(*clock_);
  return queue;
}

std::unique_ptr<Backend> makeBackend() {
  return std::make_unique<MemoryBackend>();
}

}  // namespace leptir::memory
