// Works with one broker in a thread of its own: leases tasks, settles them, and keeps the session and the colocated
// meta storages.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker/broker_factory.h"
#include "dispatcher/colocated_storages.h"
#include "dispatcher/feeder_orders.h"
#include "dispatcher/fleet_link.h"
#include "dispatcher/lease_credit_account.h"
#include "dispatcher/lease_session.h"
#include "dispatcher/settle_gathering.h"
#include "dispatcher/store_thread.h"
#include "dispatcher/store_warnings.h"
#include "leptir/spi/simple_broker.h"
#include "meta/meta_storage_factory.h"

namespace leptir::dispatcher {

struct FeederOptions {
  LeaseSessionOptions session;
  Duration emptyQueueSleepTime = std::chrono::milliseconds(500);  // after an empty lease, if the store cannot wake us
  Duration workersActiveSleepTime = std::chrono::milliseconds(200);  // also: how long a paid store gathers settlements
  Duration closeWithin = std::chrono::seconds(10);                   // how long close() waits for a store that is down
  Duration countEvery{};  // how often the tasks in the queue are counted for the metrics; zero: never
};

// The dispatcher's main thread owns it and calls its methods.
class Feeder final : private StoreWork {
 public:
  // `colocated`: the meta storages that lie in the same store as the broker (colocatedWith() in colocated_storages.h);
  // the feeder saves their records itself. `context` must outlive the feeder.
  Feeder(const StoreThreadContext& context, FeederOptions options, const broker::BrokerFactory& broker,
         std::vector<meta::MetaStorageFactory> colocated);

  // Sets the lease credit: `tasks` more than the first `knownDeliveredTasks` that were delivered. Later deliveries use
  // it up.
  void setLeaseCredit(std::size_t tasks, std::uint64_t knownDeliveredTasks);
  void settle(std::shared_ptr<SettleBatch> batch);
  // Sets the leases of the tasks that have been running for a moment. The feeder asks the store at each renewal whether
  // one of them is to be cancelled, and twice a second if the store knows of cancel requests within a second.
  void setRunning(std::vector<LeaseId> leases) { orders_.setRunning(std::move(leases)); }
  // Sets what the feeder publishes of this instance in the FleetStore of its broker: about once a second, and at once
  // where the state of the instance has changed.
  void setCard(std::shared_ptr<const fleet::InstanceCard> card);
  void count();
  // Leases nothing more, settles the batches that it has, and closes the session, which releases the other leases. If
  // the store is down, tries again for `closeWithin`, or only once. The destructor does the same and waits.
  void close(Patience patience = Patience::AsConfigured) { thread_.stop(patience); }
  // As close(), for a broker that is no longer configured: tries again for as long as the store is down.
  void detach();
  // hasClosed: the thread has ended. leftToExpire: the store could not be told of all settled tasks or of the close, so
  // the remaining leases end when the session expires.
  bool hasClosed() const { return closed_; }
  bool leftToExpire() const { return leftToExpire_; }
  // When its thread last made progress.
  BootTime lastBeat() const { return thread_.lastBeat(); }

 private:
  enum class HasPopped { Yes, No };

  void run() override;
  bool isOpen() const override { return session_.isOpen(); }
  Result<void> openStore() override;
  Result<Turn> turn() override;
  void closeStore() override;
  void reportUnavailable() override;
  void giveUp(const Error& why) override;

  bool isClosing() const { return detaching_ || thread_.isStopping(); }
  bool hasOrders() const { return orders_.any() || isClosing(); }
  bool hasEnded() const;
  Result<void> settleAndLease();
  void takeBatches();
  bool isPaidPerRequest() { return session_.broker().requestsSent().has_value(); }
  std::optional<Duration> remainingGatheringTime();
  Result<HasPopped> settleBatches();
  Result<void> saveRecords(SettleBatch& batch);
  Result<HasPopped> acknowledgeAndPop();
  std::vector<LeaseId> leasesToAcknowledge() const;
  Result<void> settleRest(const SettleBatch& batch);
  Result<void> reportTasksCountIfAsked();
  void countForMetricsWhenDue();
  std::optional<Time> oldestDue();
  std::size_t tasksToSettle() const;
  const metrics::BrokerMeter& meter() const { return session_.meter(); }
  const metrics::StoreMeter& calls() const { return session_.meter().store(); }
  void exchangeWithFleet();
  Result<void> popOrWait(Duration longest);
  Result<void> pop(std::size_t credit, Duration mostWait);
  void deliver(std::vector<LeasedTask> tasks, std::size_t asked);
  Duration longestPopWait() const;
  Result<void> leaseAgain(const SettleBatch& batch);
  void reportBurials();
  std::size_t creditForOneLease();
  Result<void> closeSession();
  void countRequests();
  void logRequests() const;

  const StoreThreadContext& context_;
  const FeederOptions options_;

  FeederOrders orders_;
  LeaseCreditAccount credit_;
  std::atomic<bool> detaching_{false};
  std::atomic<bool> closed_{false}, leftToExpire_{false};

  // Used by its own thread only.
  StoreWarnings warnings_;
  LeaseSession session_;
  FleetLink fleet_;
  ColocatedStorages storages_;
  bool isDone_ = false;                // the session is closed or given up
  bool reportedEmpty_ = false;         // the last event said that nothing more is due
  bool hasAskedToLeaseAgain_ = false;  // a batch said leaseAgain: the core waits for the next lease
  bool moreIsDue_ = false;             // the last lease has not shown that nothing more is due
  SettleGathering gathering_;
  BootTime countAt_{};  // a paid store is not counted before
  BootTime countForMetricsAt_{};
  StoreRequests requests_, requestsOfOpenStore_;      // sent by this object; by the store as long as it is open
  std::deque<std::shared_ptr<SettleBatch>> batches_;  // taken from the orders, not settled yet
  StoreThread thread_;                                // last: it uses all other members
};

}  // namespace leptir::dispatcher
