#include "testing/test_stores.h"

#include <algorithm>
#include <stdexcept>

#include "backends/memory/memory_broker.h"

namespace leptir::testing {
namespace {

std::deque<TestQueue> makeQueues(std::vector<TestBroker> brokers, const Clock& clock) {
  std::ranges::stable_sort(brokers, {}, &TestBroker::priority);
  std::deque<TestQueue> queues;
  for (const auto& broker : brokers) queues.emplace_back(broker, clock);
  return queues;
}

}  // namespace

std::unique_ptr<SimpleBroker> TestQueue::open() {
  return withFaults(std::make_unique<memory::MemoryBroker>(queue), faults);
}

TestStores::TestStores(std::vector<TestBroker> brokers, const Clock& clock)
    : faultlessRecords_(records_, std::nullopt, clock),
      queues_(makeQueues(std::move(brokers), clock)),
      broker_(makeBroker(clock)),
      metaStorage_(makeMetaStorage(clock)) {}

Broker TestStores::makeBroker(const Clock& clock) {
  std::vector<Broker::Entry> entries;
  for (auto& queue : queues_) {
    entries.push_back({.name = queue.name,
                       .type = "memory",
                       .priority = queue.priority,
                       .taskCountCachingTime = Duration::zero(),
                       .open = [&queue]() -> Result<std::unique_ptr<SimpleBroker>> { return queue.open(); }});
  }
  return Broker(std::move(entries), makeMetaStorage(clock), clock);
}

MetaStorage TestStores::makeMetaStorage(const Clock& clock) {
  const auto open = [this, &clock]() -> Result<std::unique_ptr<SimpleMetaStorage>> {
    return withFaults(std::make_unique<memory::MemoryMetaStorage>(records_, std::nullopt, clock), metaFaults_);
  };
  std::vector<MetaStorage::Entry> entries;
  entries.push_back({.name = "memory", .open = open});
  return MetaStorage(std::move(entries));
}

TestQueue& TestStores::queue(std::string_view name) {
  const auto found =
      std::ranges::find_if(queues_, [name](const TestQueue& queue) { return name.empty() || queue.name == name; });
  if (found == queues_.end()) {
    throw std::out_of_range("the TestInstance has no broker named '" + std::string(name) +
                            "'; name it in TestInstanceOptions::brokers");
  }
  return *found;
}

Json TestStores::record(std::string_view id) {
  auto record = faultlessRecords_.loadMetaInfoById(id);
  return record ? std::move(*record) : Json();
}

}  // namespace leptir::testing
