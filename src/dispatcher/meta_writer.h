// Saves records in one meta storage, in a thread of its own, before the leases of their tasks are settled, and removes
// expired records when it is idle.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "dispatcher/store_thread.h"
#include "dispatcher/store_warnings.h"
#include "leptir/clock.h"
#include "meta/meta_storage_factory.h"
#include "metrics/store_meter.h"

namespace leptir::dispatcher {

// The dispatcher's main thread owns it and calls its methods.
class MetaWriter final : private StoreWork {
 public:
  // How many records a storage that is not required may lag behind; further ones are dropped and counted.
  static constexpr std::size_t kMaxQueuedRecords = 100'000;

  // `context` must outlive it. The destructor saves the records that are left, unless the storage is failing.
  MetaWriter(const StoreThreadContext& context, meta::MetaStorageFactory factory, metrics::StoreMeter calls = {});

  // Whether the feeder of a broker at this place writes to this storage itself.
  bool isColocatedWith(const std::string& storeLocation) const { return meta::isColocated(factory_, storeLocation); }

  // For a required storage event::RecordsSaved follows once the records are saved, however long that takes.
  void save(std::shared_ptr<SettleBatch> batch);

  // When its thread last made progress.
  BootTime lastBeat() const { return thread_.lastBeat(); }

 private:
  void run() override;
  bool isOpen() const override { return storage_ != nullptr; }
  Result<void> openStore() override;
  Result<Turn> turn() override;
  void closeStore() override { storage_.reset(); }
  void reportUnavailable() override;
  void giveUp(const Error&) override {}  // run() counts the records that are left

  bool enqueue(std::shared_ptr<SettleBatch> batch);
  void takeBatches();
  Result<void> saveRecords();
  void saveTheLast();
  void reportSaved();
  Result<Turn> expireSome();
  std::string logName() const { return "meta storage " + factory_.name; }

  const StoreThreadContext& context_;
  const meta::MetaStorageFactory factory_;
  const metrics::StoreMeter calls_;

  std::mutex mutex_;  // guards queue_, queued_ and dropped_
  std::vector<std::shared_ptr<SettleBatch>> queue_;
  std::size_t queued_ = 0;     // records in queue_
  std::uint64_t dropped_ = 0;  // records
  bool loggedLag_ = false;     // used by the main thread only

  // Used by its own thread only.
  StoreWarnings warnings_;
  std::unique_ptr<SimpleMetaStorage> storage_;
  std::vector<std::uint64_t> batches_;  // ids of the batches whose records are in records_
  std::vector<MetaInfo> records_;
  BootTime expireAt_;
  StoreThread thread_;  // last: it uses all other members
};

}  // namespace leptir::dispatcher
