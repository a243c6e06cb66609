#include "dispatcher/meta_writer.h"

#include <pthread.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/failpoint.h"
#include "settlement/record_history.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

constexpr Duration kExpireEvery = 10s;
// Records saved between two beats: few enough that a slow storage does not look like one that hangs.
constexpr std::size_t kSavedAtOnce = 512;

}  // namespace

MetaWriter::MetaWriter(meta::MetaStorageFactory seat, bool mayMoveRecords, Inbox& inbox, const Logger& logger,
                       const Clock& clock, std::function<void(const Error&)> onUnusable)
    : seat_(std::move(seat)),
      mayMoveRecords_(mayMoveRecords),
      inbox_(inbox),
      logger_(logger),
      clock_(clock),
      onUnusable_(std::move(onUnusable)),
      beat_(clock.bootTime().time_since_epoch().count()),
      expireAt_(clock.bootTime() + kExpireEvery),
      backoff_(500ms, 30s, std::hash<std::string>{}(seat_.name) + static_cast<std::uint64_t>(beat_.load())),
      thread_([this] { work(); }) {}

MetaWriter::~MetaWriter() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  wake_.ring();
  thread_.join();
}

void MetaWriter::save(std::shared_ptr<SettleBatch> batch) {
  if (!enqueue(std::move(batch)) && !std::exchange(loggedLag_, true))
    logger_.error(logName() + ": lags behind by " + std::to_string(kMostLag) + " records; dropping further ones");
  wake_.ring();
}

bool MetaWriter::enqueue(std::shared_ptr<SettleBatch> batch) {
  const std::lock_guard lock(mutex_);
  if (!seat_.required && queued_ >= kMostLag) {
    missed_ += batch->records.size();
    return false;
  }
  queued_ += batch->records.size();
  queue_.push_back(std::move(batch));
  return true;
}

void MetaWriter::work() {
  ::pthread_setname_np(::pthread_self(), "leptir records");  // for top -H and profilers
  while (!ending()) {
    beat();
    if (!storage_ && !open()) continue;
    takeOrders();
    if (records_.empty() && batches_.empty()) {
      expireSome();
      wake_.waitFor(1s);
    } else if (auto saved = saveRecords(); saved) {
      LEPTIR_FAILPOINT("meta_writer.after_save");
      worked();
      tellSaved();
    } else {
      failed(saved.error());
    }
  }
  saveTheLast();
}

Result<void> MetaWriter::saveRecords() {
  for (std::span<MetaInfo> left = records_; !left.empty();) {
    const auto piece = left.first(std::min(left.size(), kSavedAtOnce));
    left = left.subspan(piece.size());
    beat();
    if (auto saved = settlement::saveWithHistory(*storage_, piece); !saved) return saved;
  }
  return {};
}

// Saves the records that arrived together with the end. A storage that is failing is not waited for.
void MetaWriter::saveTheLast() {
  const bool works = storage_ && backoff_.failures() == 0;
  if (works) takeOrders();
  if (works && saveRecords()) records_.clear();
  const std::lock_guard lock(mutex_);
  missed_ += records_.size() + queued_;
  if (missed_ > 0) logger_.error(logName() + ": " + std::to_string(missed_) + " records were not saved");
}

bool MetaWriter::ending() {
  const std::lock_guard lock(mutex_);
  return end_;
}

bool MetaWriter::open() {
  if (unusable_) {
    wake_.waitFor(1s);
    return false;
  }
  auto storage = seat_.open();
  if (storage) {
    storage_ = std::move(*storage);
    hasWorked_ = true;
    warnings_.tell(logName(), storage_->traits().warnings, logger_);
    return true;
  }
  const auto code = storage.error().code();
  unusable_ = !hasWorked_ && (code == ErrorCode::Invalid || code == ErrorCode::Corrupt);
  if (unusable_ && seat_.required) onUnusable_(storage.error());
  failed(storage.error());
  return false;
}

// Only a completed operation ends a series of failures: a storage may open each time and then refuse each request.
void MetaWriter::worked() {
  if (backoff_.failures() > 0) logger_.info(logName() + ": available again");
  backoff_.reset();
}

void MetaWriter::failed(const Error& why) {
  storage_.reset();
  if (backoff_.failures() == 0) logger_.error(logName() + ": " + why.message());
  if (why.code() == ErrorCode::Unavailable) tellUnavailable();
  wake_.waitFor(std::min<Duration>(backoff_.next(), 5s));
}

void MetaWriter::tellUnavailable() {
  if (!seat_.required) return;  // no batch waits for it
  for (const auto batch : batches_) inbox_.put(event::StoreUnavailable{batch});
  const std::lock_guard lock(mutex_);
  for (const auto& batch : queue_) inbox_.put(event::StoreUnavailable{batch->id});
}

// Takes the queued batches once all earlier records are saved, so that memory stays bounded while the storage fails.
void MetaWriter::takeOrders() {
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
    for (auto& record : batch->records) records_.push_back(mayMoveRecords_ ? std::move(record) : record);
  }
}

void MetaWriter::tellSaved() {
  if (seat_.required) {
    for (const auto batch : batches_) inbox_.put(event::RecordsSaved{batch});
  }
  batches_.clear();
  records_.clear();
}

void MetaWriter::expireSome() {
  if (clock_.bootTime() < expireAt_) return;
  const auto removed = storage_->expire();
  if (!removed) return failed(removed.error());
  worked();
  expireAt_ = clock_.bootTime() + (*removed > 0 ? 100ms : Duration(kExpireEvery));
}

}  // namespace leptir::dispatcher
