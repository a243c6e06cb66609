// Feeder and MetaWriter as the simulator steps them: what their threads do, one operation a turn, on stores whose
// connection may be cut before or after an operation.
#pragma once

#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "dispatcher/core.h"
#include "link/shared_page.h"
#include "tests/simulator/ledger.h"

namespace leptir::simulator {

// One seed, one life of the world.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // One in `n`.
  bool once(std::uint64_t n) { return random_() % n == 0; }
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  double fraction() { return std::uniform_real_distribution<double>()(random_); }

 private:
  std::mt19937_64 random_;
};

// What every process of the world can reach.
struct Surroundings {
  ManualClock clock{};
  Dice dice;
  Records records;
  int beside;         // storages that lie beside the broker
  bool calm = false;  // nothing fails any more
  WatchedQueue queue{clock, records};
  Ledger ledger{queue};
  std::deque<std::pair<MemoryQueue::SessionNumber, LeaseId>> leases;  // that were ever given: for late operations
};

class SimWriter {
 public:
  SimWriter(Surroundings& world, std::size_t storage, std::vector<Event>& inbox)
      : world_(world), storage_(world.records[storage], std::nullopt, world.clock), inbox_(inbox) {}

  void save(std::shared_ptr<SettleBatch> batch) { queue_.push_back(std::move(batch)); }
  void turn();

 private:
  Surroundings& world_;
  MemoryMetaStorage storage_;
  std::vector<Event>& inbox_;
  std::deque<std::shared_ptr<SettleBatch>> queue_;
};

class SimFeeder {
 public:
  SimFeeder(Surroundings& world, std::string instance, SharedPage& page, std::vector<Event>& inbox);

  void setRoom(std::size_t tasks, std::uint64_t seen) { room_ = tasks, seen_ = seen; }
  void settle(std::shared_ptr<SettleBatch> batch) { batches_.push_back(std::move(batch)); }
  void setRunning(std::vector<LeaseId> leases) { running_ = std::move(leases); }
  void count() { count_ = true; }
  void close() { closing_ = true; }
  bool hasClosed() const { return closed_; }
  // The connection is away until then.
  void cutUntil(BootTime time) { cutUntil_ = std::max(cutUntil_, time); }

  void turn();

 private:
  template <class Operation>
  auto ask(Operation operation) -> decltype(operation());
  BrokerLine& line() { return page_.brokers[0]; }
  Result<void> open();
  Result<void> spendEpoch();
  Result<void> settleBatches();
  Result<void> settle(SettleBatch& batch);
  Result<void> renew();
  Result<void> recover();
  Result<void> compareHeld();
  Result<void> answerCount();
  Result<void> pop();
  Result<void> close(MemoryQueue::SessionNumber session);
  void drop(const Error& why);

  Surroundings& world_;
  std::string instance_;
  SharedPage& page_;
  std::vector<Event>& inbox_;
  std::vector<MemoryMetaStorage> beside_;
  std::optional<MemoryQueue::SessionNumber> session_;
  std::deque<std::shared_ptr<SettleBatch>> batches_;
  std::size_t room_ = 0;
  std::uint64_t seen_ = 0, delivered_ = 0;
  std::vector<LeaseId> running_;
  bool count_ = false, closing_ = false, closed_ = false;
  int phase_ = 0;
  BootTime renewAt_{}, compareAt_{}, cutUntil_{};
};

}  // namespace leptir::simulator
