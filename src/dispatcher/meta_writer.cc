#include "dispatcher/meta_writer.h"

#include <pthread.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "base/failpoint.h"
#include "dispatcher/record_history.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

constexpr Duration kExpireEvery = 10s;
// Records saved between two beats, however far away the storage is.
constexpr std::size_t kSavedAtOnce = 512;

}  // namespace

MetaWriter::MetaWriter(MetaSeat seat, bool sole, Inbox& inbox, const Logger& logger, const Clock& clock,
                       std::function<void(const Error&)> onUnusable)
    : seat_(std::move(seat)),
      sole_(sole),
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
  if (!take(std::move(batch)) && !std::exchange(toldLag_, true))
    logger_.error(name() + ": lags behind by " + std::to_string(kMostLag) + " records, and misses what comes now");
  wake_.ring();
}

bool MetaWriter::take(std::shared_ptr<SettleBatch> batch) {
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
    if (auto saved = saveWithHistory(*storage_, piece); !saved) return saved;
  }
  return {};
}

// What came with the end. A storage that fails just now is not waited for.
void MetaWriter::saveTheLast() {
  const bool works = storage_ && backoff_.failures() == 0;
  if (works) takeOrders();
  if (works && saveRecords()) records_.clear();
  const std::lock_guard lock(mutex_);
  missed_ += records_.size() + queued_;
  if (missed_ > 0) logger_.error(name() + ": missed " + std::to_string(missed_) + " records");
}

bool MetaWriter::ending() {
  const std::lock_guard lock(mutex_);
  return end_;
}

bool MetaWriter::open() {
  if (hopeless_) {
    wake_.waitFor(1s);
    return false;
  }
  auto storage = seat_.open();
  if (storage) {
    storage_ = std::move(*storage);
    hasWorked_ = true;
    warnings_.tell(name(), storage_->traits().warnings, logger_);
    return true;
  }
  const auto code = storage.error().code();
  hopeless_ = !hasWorked_ && (code == ErrorCode::Invalid || code == ErrorCode::Corrupt);
  if (hopeless_ && seat_.required) onUnusable_(storage.error());
  failed(storage.error());
  return false;
}

// Only what was done ends the row of failures: a storage may open each time and refuse what it is asked each time.
void MetaWriter::worked() {
  if (backoff_.failures() > 0) logger_.info(name() + ": available again");
  backoff_.reset();
}

void MetaWriter::failed(const Error& why) {
  storage_.reset();
  if (backoff_.failures() == 0) logger_.error(name() + ": " + why.message());
  if (why.code() == ErrorCode::Unavailable) tellUnavailable();
  wake_.waitFor(std::min<Duration>(backoff_.next(), 5s));
}

void MetaWriter::tellUnavailable() {
  if (!seat_.required) return;  // no settlement waits for it
  for (const auto batch : batches_) inbox_.put(event::StoreUnavailable{batch});
  const std::lock_guard lock(mutex_);
  for (const auto& batch : queue_) inbox_.put(event::StoreUnavailable{batch->id});
}

// Only once all of the last ones are saved, so that no more is held than may be.
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
    for (auto& record : batch->records) records_.push_back(sole_ ? std::move(record) : record);
  }
}

void MetaWriter::tellSaved() {
  if (seat_.required) {
    for (const auto batch : batches_) inbox_.put(event::Saved{batch});
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

}  // namespace leptir
