// The session of this instance at one broker, under which a feeder leases tasks: it is opened or resumed, renewed in
// time, and compared with what the store says. The tasks of dead sessions are recovered here, too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/broker_factory.h"
#include "dispatcher/store_needs.h"
#include "dispatcher/store_thread.h"
#include "dispatcher/store_warnings.h"
#include "leptir/clock.h"
#include "leptir/spi/simple_broker.h"
#include "link/shared_page.h"
#include "metrics/broker_meter.h"

namespace leptir::dispatcher {

// How often a store that knows of cancel requests at once is asked about the running tasks.
inline constexpr Duration kAskForCancelsEvery = std::chrono::milliseconds(500);

struct LeaseSessionOptions {
  std::uint32_t broker = 0;  // index of its entry in the shared page
  std::string instance;
  std::string predecessor;  // a dead instance whose sessions are to be ended, or empty
  SessionInfo info;
  StoreNeeds needs{};            // that the store must meet, unless it is to be detached
  metrics::BrokerMeter meter{};  // what counts the calls to the store
};

// Used by the feeder's thread only. Operations answer Lost when the session is over.
class LeaseSession {
 public:
  // `context` and `warnings` must outlive it.
  LeaseSession(const StoreThreadContext& context, LeaseSessionOptions options, broker::BrokerFactory factory,
               StoreWarnings& warnings);

  // How log lines name the broker.
  std::string logName() const { return "broker " + factory_.name; }
  const metrics::BrokerMeter& meter() const { return options_.meter; }

  // Opens the broker if it is not open. To be called before open().
  Result<void> openStore();
  // Resumes the session of an earlier dispatcher, or opens the next one.
  Result<void> open();
  bool isOpen() const { return session_ != nullptr; }
  // Zero: there never was a session.
  std::uint64_t epoch() const { return sharedSession().epoch; }

  // Only while it is open.
  SimpleBroker& broker() { return *broker_; }
  BrokerSession& session() { return *session_; }
  const BrokerTraits& traits() const { return traits_; }
  // When the session was opened or last renewed.
  Time renewedAt() const { return renewedAt_; }

  // Does what is due of: renewing, asking for cancel requests, recovering dead sessions, listing the held tasks.
  // `runningLeases` answers the leases of the running tasks.
  Result<void> maintain(const std::function<std::vector<LeaseId>()>& runningLeases);
  // Logs what the store has to tell of the last calls (SimpleBroker::takeNotices).
  void logNotices();

  // After an error that says Lost. The store works: the next session can be opened at once.
  void lose(const Error& why);
  // After any other error: closes the store as well. The leases stay in the store.
  void closeStore();

 private:
  Duration firstRenewalAfter() const;
  Result<void> resumeOrOpen();
  Result<void> resume(std::uint64_t epoch);
  Result<void> openNextEpoch();
  Result<void> renewWhenDue(const std::function<std::vector<LeaseId>()>& runningLeases);
  Result<void> renew(const std::vector<LeaseId>& running);
  Result<void> recoverWhenDue();
  void logNotice(const std::string& notice);
  Result<void> listHeldWhenDue();
  void setLeaseEnd(BootTime sent);

  link::SharedSession& sharedSession() const { return context_.page.brokers[options_.broker]; }
  const metrics::StoreMeter& calls() const { return options_.meter.store(); }
  const link::LeaseTimes& times() const { return context_.page.leaseTimes; }
  BootTime now() const { return context_.clock.bootTime(); }

  const StoreThreadContext& context_;
  LeaseSessionOptions options_;
  const broker::BrokerFactory factory_;
  StoreWarnings& warnings_;

  std::unique_ptr<SimpleBroker> broker_;
  std::unique_ptr<BrokerSession> session_;
  BrokerTraits traits_;
  Time renewedAt_{};
  BootTime renewAt_, askForCancelsAt_, recoverAt_, listHeldAt_;
};

}  // namespace leptir::dispatcher
