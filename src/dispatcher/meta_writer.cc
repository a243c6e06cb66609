#include "dispatcher/meta_writer.h"

#include <pthread.h>

#include <utility>

namespace leptir {
namespace {

using namespace std::chrono_literals;

constexpr Duration kExpireEvery = 10s;
constexpr std::size_t kHistory = 10;

// What the record of an earlier attempt says of it, short.
PastAttempt pastAttempt(const Json& record) {
  PastAttempt past;
  past.attempt = record.value("attempt", 0);
  past.cause = record.value("cause", "");
  past.returnCode = record.value("retC", 0);
  past.executionTime = record.value("exTime", 0.0);
  past.started = record.value("exEnd", 0.0) - past.executionTime;
  return past;
}

// The attempts before `attempt`, from the record that is about to be replaced. Somebody else's record may hold
// anything: then there is no history.
std::vector<PastAttempt> historyBefore(int attempt, const Json& record) try {
  std::vector<PastAttempt> history;
  for (const auto& entry : record.value("history", Json::array())) {
    history.push_back({entry.value("attempt", 0), entry.value("cause", ""), entry.value("retC", 0),
                       entry.value("exStart", 0.0), entry.value("exTime", 0.0)});
  }
  if (record.contains("cause") && record.value("attempt", 0) < attempt) history.push_back(pastAttempt(record));
  if (history.size() > kHistory) history.erase(history.begin(), history.end() - kHistory);
  return history;
} catch (const nlohmann::json::exception&) {
  return {};
}

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
  {
    const std::lock_guard lock(mutex_);
    if (!seat_.required && queued_ >= kMostLag) {
      missed_ += batch->records.size();
      return;
    }
    queued_ += batch->records.size();
    queue_.push_back(std::move(batch));
  }
  wake_.ring();
}

void MetaWriter::work() {
  ::pthread_setname_np(::pthread_self(), "leptir records");  // for top -H and profilers
  while (!ending()) {
    beat_ = clock_.bootTime().time_since_epoch().count();
    if (!storage_ && !open()) continue;
    takeOrders();
    if (records_.empty() && batches_.empty()) {
      expireSome();
      wake_.waitFor(1s);
    } else if (auto saved = saveRecords(); saved) {
      tellSaved();
    } else {
      failed(saved.error());
    }
  }
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
    if (backoff_.failures() > 0) logger_.info("meta storage " + seat_.name + ": available again");
    backoff_.reset();
    storage_ = std::move(*storage);
    return true;
  }
  failed(storage.error());
  return false;
}

void MetaWriter::failed(const Error& why) {
  storage_.reset();
  hopeless_ = why.code() == ErrorCode::Invalid || why.code() == ErrorCode::Corrupt;
  if (backoff_.failures() == 0) logger_.error("meta storage " + seat_.name + ": " + why.message());
  if (hopeless_ && seat_.required) onUnusable_(why);
  wake_.waitFor(std::min<Duration>(backoff_.next(), 5s));
}

void MetaWriter::takeOrders() {
  std::vector<std::shared_ptr<SettleBatch>> batches;
  {
    const std::lock_guard lock(mutex_);
    batches = std::exchange(queue_, {});
    queued_ = 0;
  }
  for (const auto& batch : batches) {
    batches_.push_back(batch->id);
    for (auto& record : batch->records) records_.push_back(sole_ ? std::move(record) : record);
  }
}

Result<void> MetaWriter::saveRecords() {
  for (auto& record : records_) {
    if (record.attempt > 1 && record.history.empty()) addHistory(record);
  }
  return storage_->saveMetaInfo(records_);
}

void MetaWriter::addHistory(MetaInfo& record) {
  // A storage that cannot say costs the history, nothing else.
  if (const auto before = storage_->loadMetaInfoById(record.id))
    record.history = historyBefore(record.attempt, *before);
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
  expireAt_ = clock_.bootTime() + (*removed > 0 ? 100ms : Duration(kExpireEvery));
}

}  // namespace leptir
