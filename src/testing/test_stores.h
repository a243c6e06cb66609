// The stores of a TestInstance: a queue in memory for each broker and one list of records, each with its faults.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/memory/memory_meta_storage.h"
#include "backends/memory/memory_queue.h"
#include "leptir/broker.h"
#include "leptir/meta_storage.h"
#include "leptir/testing/test_instance.h"

namespace leptir::testing {

struct TestQueue {
  TestQueue(const TestBroker& settings, const Clock& clock)
      : name(settings.name), priority(settings.priority), queue(std::make_shared<memory::MemoryQueue>(clock)) {}

  // A broker on this queue, with its faults.
  std::unique_ptr<SimpleBroker> open();

  const std::string name;
  const std::int64_t priority;
  const std::shared_ptr<memory::MemoryQueue> queue;
  StoreFaults faults{};
};

class TestStores {
 public:
  // `clock` must outlive the object.
  TestStores(std::vector<TestBroker> brokers, const Clock& clock);

  // In order of priority, as the Broker has them. The addresses stay valid.
  std::deque<TestQueue>& queues() { return queues_; }
  // Throws std::out_of_range when there is no broker of that name; an empty name means the first one.
  TestQueue& queue(std::string_view name);
  StoreFaults& metaFaults() { return metaFaults_; }

  // For applications and for the instance.
  Broker& broker() { return broker_; }
  MetaStorage& metaStorage() { return metaStorage_; }
  // The record of a task, whatever the faults are; null: there is none.
  Json record(std::string_view id);

 private:
  Broker makeBroker(const Clock& clock);
  MetaStorage makeMetaStorage(const Clock& clock);

  const std::shared_ptr<memory::MemoryRecords> records_ = std::make_shared<memory::MemoryRecords>();
  memory::MemoryMetaStorage faultlessRecords_;
  StoreFaults metaFaults_;
  std::deque<TestQueue> queues_;
  Broker broker_;
  MetaStorage metaStorage_;
};

}  // namespace leptir::testing
