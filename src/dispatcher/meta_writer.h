// The one thread that uses one meta storage: it saves records before the leases of their tasks are settled, and removes
// expired records when it is idle.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/backoff.h"
#include "dispatcher/inbox.h"
#include "dispatcher/store_warnings.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "meta/meta_storage_factory.h"

namespace leptir::dispatcher {

// The dispatcher's main thread owns it. Its own thread is started by the constructor and joined by the destructor.
class MetaWriter {
 public:
  // How many records a storage that is not required may lag behind; further ones are dropped and counted.
  static constexpr std::size_t kMostLag = 100'000;

  // All references must outlive it. `mayMoveRecords`: no other storage needs the records, so they are moved out of
  // their batches.
  MetaWriter(meta::MetaStorageFactory seat, bool mayMoveRecords, Inbox& inbox, const Logger& logger, const Clock& clock,
             std::function<void(const Error&)> onUnusable);
  // Saves the records that are left, unless the storage is failing.
  ~MetaWriter();

  // Whether the feeder of a broker at this place writes to this storage itself.
  bool isColocatedWith(const std::string& place) const { return meta::isColocated(seat_, place); }

  // Called by the dispatcher's main thread. For a required storage event::RecordsSaved follows once the records are
  // saved, however long that takes.
  void save(std::shared_ptr<SettleBatch> batch);

  BootTime lastBeat() const { return BootTime(Duration(beat_.load())); }
  // How many records a storage that is not required did not get. The log says it too.
  std::uint64_t missed() const { return missed_; }

 private:
  bool enqueue(std::shared_ptr<SettleBatch> batch);
  void work();
  Result<void> saveRecords();
  void saveTheLast();
  void beat() { beat_ = clock_.bootTime().time_since_epoch().count(); }
  std::string logName() const { return "meta storage " + seat_.name; }
  bool ending();
  bool open();
  void takeOrders();
  void tellSaved();
  void expireSome();
  void worked();
  void failed(const Error& why);
  void tellUnavailable();

  meta::MetaStorageFactory seat_;
  bool mayMoveRecords_;
  Inbox& inbox_;
  const Logger& logger_;
  const Clock& clock_;
  std::function<void(const Error&)> onUnusable_;

  Wake wake_;
  std::mutex mutex_;  // guards queue_, queued_ and end_
  std::vector<std::shared_ptr<SettleBatch>> queue_;
  std::size_t queued_ = 0;  // records in queue_
  bool end_ = false;
  bool loggedLag_ = false;  // used by the main thread only
  std::atomic<std::int64_t> beat_;
  std::atomic<std::uint64_t> missed_{0};

  // Used by its own thread only.
  std::unique_ptr<SimpleMetaStorage> storage_;
  std::vector<std::uint64_t> batches_;  // ids of the batches whose records are in records_
  std::vector<MetaInfo> records_;
  BootTime expireAt_;
  bool hasWorked_ = false;  // it could be opened once as configured: then it is tried again after any error
  bool unusable_ = false;   // it can never be opened as configured
  base::Backoff backoff_;
  StoreWarnings warnings_;
  std::thread thread_;  // last: it uses all other members
};

}  // namespace leptir::dispatcher
