// The fixture for tests of the feeder: its store is a memory queue that fails on demand.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher/feeder.h"
#include "dispatcher/store_thread_fixture.h"

namespace leptir::dispatcher {

class FeederTest : public StoreThreadTest {
 protected:
  void start(std::vector<meta::MetaStorageFactory> colocated = {}) {
    FeederOptions options{.session = {.instance = instance}, .closeWithin = std::chrono::milliseconds(300)};
    feeder = std::make_unique<Feeder>(context, std::move(options), brokerFactory(), std::move(colocated));
  }

  // Pushes these tasks, starts the feeder and lets it lease as many of them as the lease credit allows.
  std::vector<LeasedTask> lease(const std::vector<std::string>& ids, std::size_t credit,
                                std::vector<meta::MetaStorageFactory> colocated = {}) {
    push(ids);
    start(std::move(colocated));
    EXPECT_TRUE(next<event::BrokerOpened>());
    feeder->setLeaseCredit(credit, 0);
    auto leased = next<event::Leased>();
    return leased ? std::move(leased->tasks) : std::vector<LeasedTask>();
  }

  std::vector<LeasedTask> lease(const std::vector<std::string>& ids,
                                std::vector<meta::MetaStorageFactory> colocated = {}) {
    return lease(ids, ids.size(), std::move(colocated));
  }

  std::shared_ptr<SettleBatch> batchOf(const LeasedTask& task, const std::string& id, std::uint64_t epoch = 1) {
    auto batch = std::make_shared<SettleBatch>();
    batch->id = ++lastBatch;
    batch->epoch = epoch;
    batch->acknowledge.push_back(task.lease);
    batch->records.push_back(recordOf(id, task.lease.number));
    return batch;
  }

  // Ends the session of this instance and recovers its tasks, as another instance would.
  void claim() {
    queue->expireSessionsOf(instance);
    queue->recover(1000, {});
  }

  std::uint64_t left() {
    const auto counts = queue->counts();
    return counts.due + counts.scheduled + counts.leased + counts.buried;
  }

  const std::string instance = std::string(32, 'a');
  std::uint64_t lastBatch = 0;
  std::unique_ptr<Feeder> feeder;  // last: its thread uses all other members
};

}  // namespace leptir::dispatcher
