// The one thread that uses one broker: it opens the session and renews it, leases tasks, settles them, and recovers the
// tasks of dead instances.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "broker/broker_factory.h"
#include "dispatcher/inbox.h"
#include "dispatcher/store_warnings.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/spi/simple_broker.h"
#include "link/shared_page.h"
#include "meta/meta_storage_factory.h"

namespace leptir::dispatcher {

struct FeederOptions {
  std::uint32_t broker = 0;  // index of its line in the shared page
  std::string instance;
  std::string predecessor;  // a dead instance whose sessions are to be ended, or empty
  SessionInfo card;
  Duration emptyQueueSleepTime = std::chrono::milliseconds(500);  // after an empty lease, if the store cannot wake us
  Duration workersActiveSleepTime = std::chrono::milliseconds(200);
  Duration closeWithin = std::chrono::seconds(10);  // how long close() waits for a store that is down
};

// How often a store that knows of cancel requests at once is asked about the running tasks.
inline constexpr Duration kAskForCancelsEvery = std::chrono::milliseconds(500);

// The dispatcher's main thread owns it and calls its methods. Its own thread is started by the constructor and joined
// by the destructor.
class Feeder {
 public:
  // `colocated`: required meta storages in the same place as the broker; the feeder saves the records of its tasks
  // there, right before it settles their leases. `mayMoveRecords`: no other storage needs the records, so they are not
  // copied. All references must outlive the feeder. Its thread calls `onUnusable` if the store can never be used as
  // configured.
  Feeder(FeederOptions options, broker::BrokerFactory seat, std::vector<meta::MetaStorageFactory> colocated,
         bool mayMoveRecords, link::SharedPage& page, Inbox& inbox, const Logger& logger, const Clock& clock,
         std::function<void(const Error&)> onUnusable);
  ~Feeder();

  // Sets the lease credit: `tasks` more than the first `seen` that were delivered. Later deliveries use it up.
  void setLeaseCredit(std::size_t tasks, std::uint64_t seen);
  void settle(std::shared_ptr<SettleBatch> batch);
  // Leases of running tasks: twice a second the feeder asks whether they are cancelled, if the store knows that soon.
  void setRunning(std::vector<LeaseId> leases);
  void count();
  // Leases nothing more, settles the batches that it has, and closes the session, which releases the other leases. If
  // the store is down, tries again for `closeWithin`, or only once if not `patiently`.
  void close(bool patiently = true);
  // As close(), for a broker that is no longer configured: tries again for as long as the store is down.
  void detach();
  // hasClosed: the thread has ended. leftToExpire: the store could not be told of all settled tasks or of the close, so
  // the remaining leases end when the session expires.
  bool hasClosed() const { return closed_; }
  bool leftToExpire() const { return leftToExpire_; }
  // When its thread last made progress.
  BootTime lastBeat() const { return BootTime(Duration(beat_.load())); }

 private:
  struct Orders {
    std::vector<std::shared_ptr<SettleBatch>> batches;
    std::size_t credit = 0;
    std::uint64_t seen = 0;
    std::vector<LeaseId> running;
    bool count = false;
    bool close = false;
    bool detach = false;
    bool patient = true;
  };

  void work();
  bool shouldRetry(const Error& why);
  bool shouldClose();
  bool open();
  Result<void> openStore();
  Result<void> openSession();
  Result<void> resumeSession(std::uint64_t epoch);
  Result<void> openNextEpoch();
  void beginSession();
  Result<void> turn();
  void takeBatches();
  void tellUnavailable();
  enum class Popped { Yes, No };
  Result<Popped> settleBatches();
  Result<void> openStorages();
  Result<Popped> acknowledgeAndPop();
  Result<void> releaseAndBury(const SettleBatch& batch);
  std::vector<LeaseId> leasesToAcknowledge();
  void deliver(std::vector<LeasedTask> tasks, std::size_t asked);
  Result<void> saveRecords(SettleBatch& batch);
  Result<void> renewSessionWhenDue();
  Result<void> renew(std::span<const LeaseId> running);
  Duration longestWait();
  bool hasOrders();
  Result<void> recoverOthers();
  Result<void> compareHeld();
  Result<void> answerCount();
  Result<void> popOrWait();
  void noteGoodTurn();
  Duration noteFailure(const Error& why);
  void pauseFor(Duration longest);
  std::size_t creditNow();
  std::size_t creditLeft() const;  // under the mutex
  void dropSession(const Error& why);
  void giveUp(const Error& why);
  void giveUpBatches();
  Result<void> closeSession();
  void beat() { beat_ = clock_.bootTime().time_since_epoch().count(); }
  link::SharedSession& line() { return page_.brokers[options_.broker]; }
  const link::LeaseTimes& times() const { return page_.leaseTimes; }
  std::string logName() const { return "broker " + seat_.name; }

  FeederOptions options_;
  broker::BrokerFactory seat_;
  std::vector<meta::MetaStorageFactory> colocated_;
  bool mayMoveRecords_;
  link::SharedPage& page_;
  Inbox& inbox_;
  const Logger& logger_;
  const Clock& clock_;
  std::function<void(const Error&)> onUnusable_;

  Wake wake_;
  std::mutex mutex_;  // guards orders_, deliveredInTotal_ and waitsForCredit_
  Orders orders_;
  std::uint64_t deliveredInTotal_ = 0;  // number of tasks since the start
  bool waitsForCredit_ = false;         // its thread found no lease credit: it is woken when there is some
  std::atomic<std::int64_t> beat_;
  std::atomic<bool> closed_{false}, leftToExpire_{false};

  // Used by its own thread only.
  bool hasWorked_ = false;  // the store could be opened once as it is configured
  std::unique_ptr<SimpleBroker> broker_;
  std::unique_ptr<BrokerSession> session_;
  std::vector<std::unique_ptr<SimpleMetaStorage>> storages_;  // one for each of colocated_
  BrokerTraits traits_;
  bool reportedEmpty_ = false;                        // the last event said that nothing more is due
  bool moreIsDue_ = false;                            // the last lease returned as many tasks as asked for
  std::deque<std::shared_ptr<SettleBatch>> batches_;  // taken from the orders, not settled yet
  BootTime openedAt_, renewAt_, askForCancelsAt_, recoverAt_, compareAt_;
  std::optional<BootTime> closeDeadline_;
  base::Backoff backoff_;
  StoreWarnings warnings_;
  std::thread thread_;  // last: it uses all other members
};

}  // namespace leptir::dispatcher
