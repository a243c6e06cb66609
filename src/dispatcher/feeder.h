// The one thread that uses one broker: opens it, leases tasks, settles them, keeps the session, gives back what dead
// instances held.
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
#include "broker/broker_seat.h"
#include "dispatcher/inbox.h"
#include "dispatcher/store_warnings.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/simple_broker.h"
#include "link/shared_page.h"
#include "meta/meta_seat.h"

namespace leptir {

struct FeederOptions {
  std::uint32_t broker = 0;  // its line in the page
  std::string instance;
  std::string predecessor;  // an instance that is known to be dead, if any: its sessions are ended
  SessionCard card;
  Duration emptyQueueSleepTime = std::chrono::milliseconds(500);  // between pops of an empty store that cannot wake us
  Duration workersActiveSleepTime = std::chrono::milliseconds(200);
  Duration closeWithin = std::chrono::seconds(10);  // how long a store that is down may keep us from ending
};

// How often a store that knows at once is asked what was cancelled of what runs.
inline constexpr Duration kAskEvery = std::chrono::milliseconds(500);

// Owned and steered by the dispatcher's main thread; its own thread begins with the object and is joined by its
// destructor.
class Feeder {
 public:
  // `beside`: required meta storages that lie where the broker does; records of its tasks are saved here, right before
  // the leases are settled. `sole`: nobody else needs the records, so the batches' own are used.
  // All references outlive it. `onUnusable` is called from its thread when the store can never be used as configured.
  Feeder(FeederOptions options, BrokerSeat seat, std::vector<MetaSeat> beside, bool sole, SharedPage& page,
         Inbox& inbox, const Logger& logger, const Clock& clock, std::function<void(const Error&)> onUnusable);
  ~Feeder();

  // At most `tasks` more, as of the delivery numbered `seen`: what was delivered since counts against it.
  void setRoom(std::size_t tasks, std::uint64_t seen);
  void settle(std::shared_ptr<SettleBatch> batch);
  // The leases whose tasks run: asked about twice a second where the store can say soon that one is cancelled.
  void setRunning(std::vector<LeaseId> leases);
  void count();
  // Leases nothing more, settles what it was given, gives back the rest and ends its session. A store that is down gets
  // `closeWithin` to come back, or, when it is not to be waited for patiently, one more try.
  void close(bool patiently = true);
  // The same for a broker that is no longer wanted while the instance goes on: however long the store is down.
  void leave();
  // The thread has ended. Whether the store was told of everything: otherwise what is left comes back when the session
  // expires.
  bool hasClosed() const { return closed_; }
  bool leftToExpire() const { return leftToExpire_; }
  // When its thread last came round.
  BootTime lastBeat() const { return BootTime(Duration(beat_.load())); }

 private:
  struct Orders {
    std::vector<std::shared_ptr<SettleBatch>> batches;
    std::size_t room = 0;
    std::uint64_t seen = 0;
    std::vector<LeaseId> running;
    bool count = false;
    bool close = false;
    bool leave = false;
    bool patient = true;
  };

  void work();
  bool isToTryAgain(const Error& why);
  bool isToClose();
  bool open();
  Result<void> openStore();
  Result<void> openSession();
  Result<void> resumeSession(std::uint64_t epoch);
  Result<void> spendEpoch();
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
  Result<void> keepSession();
  Result<void> renew(std::span<const LeaseId> running);
  Duration longestWait();
  bool hasOrders();
  Result<void> recoverOthers();
  Result<void> compareHeld();
  Result<void> answerCount();
  Result<void> popOrWait();
  void noteGoodTurn();
  Duration noteFailure(const Error& why);
  void rest(Duration longest);
  std::size_t roomNow();
  std::size_t roomLeft() const;  // under the mutex
  void drop(const Error& why);
  void giveUp(const Error& why);
  void giveUpBatches();
  Result<void> closeSession();
  void beat() { beat_ = clock_.bootTime().time_since_epoch().count(); }
  BrokerLine& line() { return page_.brokers[options_.broker]; }
  const LeaseTimes& times() const { return page_.leaseTimes; }
  std::string where() const { return "broker " + seat_.name; }

  FeederOptions options_;
  BrokerSeat seat_;
  std::vector<MetaSeat> beside_;
  bool sole_;
  SharedPage& page_;
  Inbox& inbox_;
  const Logger& logger_;
  const Clock& clock_;
  std::function<void(const Error&)> onUnusable_;

  Wake wake_;
  std::mutex mutex_;  // guards the next three
  Orders orders_;
  std::uint64_t delivered_ = 0;  // tasks, since the beginning
  bool starved_ = false;         // its thread found no room: it is rung for once there is some
  std::atomic<std::int64_t> beat_;
  std::atomic<bool> closed_{false}, leftToExpire_{false};

  // Its own thread's.
  bool hasWorked_ = false;  // the store as it is configured
  std::unique_ptr<SimpleBroker> broker_;
  std::unique_ptr<BrokerSession> session_;
  std::vector<std::unique_ptr<SimpleMetaStorage>> storages_;  // one for each of beside_
  BrokerTraits traits_;
  bool toldEmpty_ = false;                            // what the last event said of the broker
  bool moreIsDue_ = false;                            // what the last pop said
  std::deque<std::shared_ptr<SettleBatch>> batches_;  // taken from the orders, not settled yet
  BootTime openedAt_, renewAt_, askAt_, recoverAt_, compareAt_;
  std::optional<BootTime> closeBy_;
  Backoff backoff_;
  StoreWarnings warnings_;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace leptir
