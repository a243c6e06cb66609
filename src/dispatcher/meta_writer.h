// The one thread that uses one meta storage: saves records before their leases are acknowledged, and removes old ones
// when it has time.
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
#include "meta/meta_seat.h"

namespace leptir {

// Owned by the dispatcher's main thread; its own thread begins with the object and is joined by its destructor.
class MetaWriter {
 public:
  // What a storage that is not required may lag behind; more is dropped and counted.
  static constexpr std::size_t kMostLag = 100'000;

  // All outlive it. `sole`: no other storage needs the records, so they may be moved out of their batches.
  MetaWriter(MetaSeat seat, bool sole, Inbox& inbox, const Logger& logger, const Clock& clock,
             std::function<void(const Error&)> onUnusable);
  // Saves what it still has, unless the storage fails just now.
  ~MetaWriter();

  // Whether the feeder of a broker at this place saves its records here itself.
  bool isBeside(const std::string& place) const { return liesBeside(seat_, place); }

  // The dispatcher's main thread. A required storage answers with event::Saved once the records are saved, however long
  // that takes.
  void save(std::shared_ptr<SettleBatch> batch);

  BootTime lastBeat() const { return BootTime(Duration(beat_.load())); }
  // Records that a storage that is not required has missed; the log says it as well.
  std::uint64_t missed() const { return missed_; }

 private:
  bool take(std::shared_ptr<SettleBatch> batch);
  void work();
  Result<void> saveRecords();
  void saveTheLast();
  void beat() { beat_ = clock_.bootTime().time_since_epoch().count(); }
  std::string name() const { return "meta storage " + seat_.name; }
  bool ending();
  bool open();
  void takeOrders();
  void tellSaved();
  void expireSome();
  void worked();
  void failed(const Error& why);
  void tellUnavailable();

  MetaSeat seat_;
  bool sole_;
  Inbox& inbox_;
  const Logger& logger_;
  const Clock& clock_;
  std::function<void(const Error&)> onUnusable_;

  Wake wake_;
  std::mutex mutex_;  // guards the next three
  std::vector<std::shared_ptr<SettleBatch>> queue_;
  std::size_t queued_ = 0;
  bool end_ = false;
  bool toldLag_ = false;  // the main thread's
  std::atomic<std::int64_t> beat_;
  std::atomic<std::uint64_t> missed_{0};

  // Its own thread's.
  std::unique_ptr<SimpleMetaStorage> storage_;
  std::vector<std::uint64_t> batches_;  // whose records are in the next list
  std::vector<MetaInfo> records_;
  BootTime expireAt_;
  bool hasWorked_ = false;  // the storage as it is configured: then it is tried again whatever it says
  bool hopeless_ = false;
  Backoff backoff_;
  StoreWarnings warnings_;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace leptir
