// The threads of a dispatcher that use stores: one feeder for each broker, one meta writer for each meta storage.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/broker_factory.h"
#include "dispatcher/actions.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/feeder.h"
#include "dispatcher/inbox.h"
#include "dispatcher/meta_writer.h"
#include "dispatcher/store_thread.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/result.h"
#include "link/shared_page.h"
#include "meta/meta_storage_factory.h"
#include "metrics/rows.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher.
class StoreThreads {
 public:
  // What the threads use. All must outlive the object.
  struct Uses {
    const DispatcherOptions& options;
    link::SharedPage& page;
    const metrics::StoreRows& rows;
    Inbox& inbox;
    const Logger& logger;
    const Clock& clock;
    AnswerSources answers;
  };
  explicit StoreThreads(Uses uses);

  // Starts all threads. Unavailable: the limit on processes, which counts threads, or on descriptors is reached. Then
  // some threads run already. Before the start, lease credits are ignored.
  Result<void> start(const std::vector<broker::BrokerFactory>& brokers,
                     const std::vector<meta::MetaStorageFactory>& storages);

  void save(const std::shared_ptr<SettleBatch>& batch);
  void settle(std::shared_ptr<SettleBatch> batch);
  void setLeaseCredit(const Actions::LeaseCredit& credit);
  void setRunning(Actions::RunningLeases running);
  // What the feeders publish of this instance: one card for each broker.
  void setCards(std::vector<fleet::InstanceCard> cards);
  void count(std::uint32_t broker);
  // Closes the session at a broker that is no longer configured, however long its store is down.
  void detach(std::uint32_t broker);
  // Notes in the shared page which brokers have been detached.
  void publishDetached();
  void closeSessions(SessionClose how);

  bool allSessionsClosed() const;
  // Whether a feeder gave up its store, so that the leases that remain there end when the session expires.
  bool anyLeftToExpire() const;
  // Whether each thread has made progress since then.
  bool allAliveSince(BootTime then) const;

 private:
  void startWriters(const std::vector<meta::MetaStorageFactory>& storages);
  void startFeeders(const std::vector<broker::BrokerFactory>& brokers,
                    const std::vector<meta::MetaStorageFactory>& storages);
  std::unique_ptr<Feeder> makeFeeder(std::uint32_t number, const broker::BrokerFactory& broker,
                                     const std::vector<meta::MetaStorageFactory>& storages);
  bool needsNoFeeder(std::uint32_t broker, bool isDetaching);
  void reportUnusable(const Error& why);
  Feeder* feederOf(std::uint32_t broker) const;
  bool allFeeders(const std::function<bool(const Feeder&)>& is) const;

  const Uses uses_;
  StoreThreadContext context_;
  std::vector<std::string> storeLocations_;  // of the brokers
  std::vector<std::uint32_t> detaching_;     // brokers whose feeders are closing
  std::deque<MetaWriter> writers_;
  std::vector<std::unique_ptr<Feeder>> feeders_;  // one for each broker; null: its session has ended
};

}  // namespace leptir::dispatcher
