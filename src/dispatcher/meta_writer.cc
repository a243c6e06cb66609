#include "dispatcher/meta_writer.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/failpoint.h"
#include "settlement/record_history.h"

namespace leptir::dispatcher {

using metrics::StoreOperation;

namespace {

constexpr Duration kExpireEvery = std::chrono::seconds(10);
// The interval while expired records are left after a removal.
constexpr Duration kExpireMoreAfter = std::chrono::milliseconds(100);
constexpr Duration kMaxIdleWait = std::chrono::seconds(1);
// Records saved between two beats: few enough that a slow storage does not look like one that hangs.
constexpr std::size_t kMaxRecordsPerSave = 512;

}  // namespace

MetaWriter::MetaWriter(const StoreThreadContext& context, meta::MetaStorageFactory factory, metrics::StoreMeter calls)
    : context_(context),
      factory_(std::move(factory)),
      calls_(calls),
      warnings_(context.logger),
      expireAt_(context.clock.bootTime() + kExpireEvery),
      thread_(context, {.threadName = "leptir records", .store = logName(), .isRequired = factory_.required}, *this) {}

void MetaWriter::save(std::shared_ptr<SettleBatch> batch) {
  if (!enqueue(std::move(batch)) && !std::exchange(loggedLag_, true))
    context_.logger.error(logName() + ": lags behind by " + std::to_string(kMaxQueuedRecords) +
                          " records; dropping further ones");
  thread_.wake();
}

bool MetaWriter::enqueue(std::shared_ptr<SettleBatch> batch) {
  const std::lock_guard lock(mutex_);
  if (!factory_.required && queued_ >= kMaxQueuedRecords) {
    dropped_ += batch->records.size();
    return false;
  }
  queued_ += batch->records.size();
  queue_.push_back(std::move(batch));
  return true;
}

// --- the thread

void MetaWriter::run() {
  while (!thread_.isStopping()) thread_.step();
  saveTheLast();
}

Result<void> MetaWriter::openStore() {
  auto storage = calls_.time(StoreOperation::Open, factory_.open);
  if (!storage) return storage.error();
  storage_ = std::move(*storage);
  warnings_.log(logName(), storage_->traits().warnings);
  return {};
}

Result<Turn> MetaWriter::turn() {
  takeBatches();
  if (records_.empty() && batches_.empty()) {
    const auto expired = expireSome();
    if (expired) thread_.waitFor(kMaxIdleWait);
    return expired;
  }
  if (auto saved = saveRecords(); !saved) return saved.error();
  LEPTIR_FAILPOINT("meta_writer.after_save");
  reportSaved();
  return Turn::UsedTheStore;
}

// Takes the queued batches once all earlier records are saved, so that memory stays bounded while the storage fails.
void MetaWriter::takeBatches() {
  if (!records_.empty() || !batches_.empty()) return;
  std::vector<std::shared_ptr<SettleBatch>> batches;
  {
    const std::lock_guard lock(mutex_);
    batches = std::exchange(queue_, {});
    queued_ = 0;
  }
  if (!batches.empty()) LEPTIR_FAILPOINT("meta_writer.before_save");
  for (const auto& batch : batches) {
    batches_.push_back(batch->id);
    for (auto& record : batch->records)
      records_.push_back(context_.recordUse == RecordUse::Move ? std::move(record) : record);
  }
}

Result<void> MetaWriter::saveRecords() {
  for (std::span<MetaInfo> left = records_; !left.empty();) {
    const auto piece = left.first(std::min(left.size(), kMaxRecordsPerSave));
    left = left.subspan(piece.size());
    thread_.beat();
    auto saved = calls_.time(StoreOperation::Save, [&] { return settlement::saveWithHistory(*storage_, piece); });
    if (!saved) return saved;
  }
  return {};
}

void MetaWriter::reportSaved() {
  if (factory_.required) {
    for (const auto batch : batches_) context_.inbox.put(event::RecordsSaved{batch});
  }
  batches_.clear();
  records_.clear();
}

// No batch waits for a storage that is not required.
void MetaWriter::reportUnavailable() {
  if (!factory_.required) return;
  for (const auto batch : batches_) context_.inbox.put(event::StoreUnavailable{batch});
  const std::lock_guard lock(mutex_);
  for (const auto& batch : queue_) context_.inbox.put(event::StoreUnavailable{batch->id});
}

Result<Turn> MetaWriter::expireSome() {
  if (context_.clock.bootTime() < expireAt_) return Turn::OnlyWaited;
  const auto removed = calls_.time(StoreOperation::Expire, [this] { return storage_->expire(); });
  if (!removed) return removed.error();
  expireAt_ = context_.clock.bootTime() + (*removed > 0 ? kExpireMoreAfter : kExpireEvery);
  return Turn::UsedTheStore;
}

// Saves the records that arrived together with the end. A storage that is failing is not waited for.
void MetaWriter::saveTheLast() {
  const bool works = isOpen() && !thread_.isFailing();
  if (works) takeBatches();
  if (works && saveRecords()) records_.clear();
  const std::lock_guard lock(mutex_);
  const auto unsaved = dropped_ + records_.size() + queued_;
  if (unsaved > 0) context_.logger.error(logName() + ": " + std::to_string(unsaved) + " records were not saved");
}

}  // namespace leptir::dispatcher
