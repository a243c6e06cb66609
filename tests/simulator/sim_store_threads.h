// Models of Feeder and MetaWriter for the simulator: they do what the threads do, one operation per turn, on stores
// whose connection may be cut before or after each operation.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "dispatcher/core.h"
#include "link/shared_page.h"
#include "tests/simulator/ledger.h"

namespace leptir::simulator {

// The random source of a simulated world: the seed decides all that happens.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // True in one of `n` calls on average.
  bool oneIn(std::uint64_t n) { return random_() % n == 0; }
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  double fraction() { return std::uniform_real_distribution<double>()(random_); }

 private:
  std::mt19937_64 random_;
};

// What all processes of a simulated world share.
struct SimEnvironment {
  ManualClock clock{};
  Dice dice;
  Records records;
  int colocated;      // number of storages in the same place as the broker
  bool calm = false;  // no more faults
  WatchedQueue queue{clock, records};
  Ledger ledger{queue};
  std::deque<std::pair<memory::MemoryQueue::SessionNumber, LeaseId>> leases;  // the last 500, for late operations
};

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

  void setLeaseCredit(std::size_t tasks, std::uint64_t seen) { credit_ = tasks, seen_ = seen; }
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
  Result<void> openNextEpoch();
  Result<void> settleBatches();
  Result<void> settle(dispatcher::SettleBatch& batch);
  Result<void> renew();
  Result<void> recover();
  Result<void> compareHeld();
  Result<void> answerCount();
  Result<void> pop();
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
  std::uint64_t seen_ = 0, delivered_ = 0;
  std::vector<LeaseId> running_;
  bool count_ = false, closing_ = false, closed_ = false;
  int phase_ = 0;
  BootTime renewAt_{}, compareAt_{}, cutUntil_{};
};

}  // namespace leptir::simulator
