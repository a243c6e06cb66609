// Models of Feeder and MetaWriter for the simulator: they do what the threads do, one operation per turn, on stores
// whose connection may be cut before or after each operation.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/events.h"
#include "link/shared_page.h"
#include "tests/simulator/sim_environment.h"

namespace leptir::simulator {

class SimWriter {
 public:
  SimWriter(SimEnvironment& world, std::size_t storage, std::vector<dispatcher::Event>& inbox)
      : world_(world), storage_(world.records[storage], std::nullopt, world.clock), inbox_(inbox) {}

  void save(std::shared_ptr<dispatcher::SettleBatch> batch) { queue_.push_back(std::move(batch)); }
  void turn();

 private:
  SimEnvironment& world_;
  memory::MemoryMetaStorage storage_;
  std::vector<dispatcher::Event>& inbox_;
  std::deque<std::shared_ptr<dispatcher::SettleBatch>> queue_;
};

class SimFeeder {
 public:
  SimFeeder(SimEnvironment& world, std::string instance, link::SharedPage& page, std::vector<dispatcher::Event>& inbox);

  void setLeaseCredit(std::size_t tasks, std::uint64_t knownDeliveredTasks) {
    credit_ = tasks;
    knownDeliveredTasks_ = knownDeliveredTasks;
  }
  void settle(std::shared_ptr<dispatcher::SettleBatch> batch) { batches_.push_back(std::move(batch)); }
  void setRunning(std::vector<LeaseId> leases) { running_ = std::move(leases); }
  void count() { count_ = true; }
  void close() { closing_ = true; }
  bool hasClosed() const { return closed_; }
  // The connection fails until then.
  void cutUntil(BootTime time) { cutUntil_ = std::max(cutUntil_, time); }

  void turn();

 private:
  template <class Operation>
  auto ask(Operation operation) -> decltype(operation());
  link::SharedSession& line() { return page_.brokers[0]; }
  Result<void> open();
  Result<void> resume(std::uint64_t epoch);
  Result<void> openNextEpoch();
  void beginSession();
  Result<void> settleBatches();
  Result<void> saveRecords(const dispatcher::SettleBatch& batch);
  Result<void> acknowledgeAndPop();
  Result<void> settleRest(const dispatcher::SettleBatch& batch);
  Result<void> renewWhenDue();
  Result<void> renew(const std::vector<LeaseId>& running);
  void noteRenewed(BootTime sent);
  Result<void> recover();
  Result<void> compareHeld();
  Result<void> obeyPauses();
  Result<void> answerCount();
  Result<void> pop();
  void deliver(std::vector<LeasedTask> tasks, std::size_t asked);
  Result<void> close(memory::MemoryQueue::SessionNumber session);
  void dropSession(const Error& why);

  SimEnvironment& world_;
  std::string instance_;
  link::SharedPage& page_;
  std::vector<dispatcher::Event>& inbox_;
  std::vector<memory::MemoryMetaStorage> colocated_;
  std::optional<memory::MemoryQueue::SessionNumber> session_;
  std::deque<std::shared_ptr<dispatcher::SettleBatch>> batches_;
  std::size_t credit_ = 0;
  std::uint64_t knownDeliveredTasks_ = 0, deliveries_ = 0;
  std::vector<LeaseId> running_;
  bool count_ = false, closing_ = false, closed_ = false;
  bool hasAskedToLeaseAgain_ = false, moreIsDue_ = false, reportedEmpty_ = false;  // as in Feeder
  bool isPaused_ = false;
  std::uint64_t seenPauses_ = 0;  // the version
  int phase_ = 0;
  BootTime renewAt_{}, compareAt_{}, cutUntil_{};
};

}  // namespace leptir::simulator
