#include "dispatcher/feeder.h"

#include <pthread.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/failpoint.h"
#include "dispatcher/record_history.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// A pop waits at most this long for a store that wakes us: a bell may be lost.
constexpr Duration kLongestWait = 1s;
// Where the bell does not ring for every push, `empty_queue_sleep_time` says how long a pop waits, but never 0.
constexpr Duration kShortestWait = 10ms;
// How often a store that knows at once is asked what was cancelled of what runs.
constexpr Duration kAskEvery = 500ms;
// Tasks of dead sessions given back in one step: others wait for the thread meanwhile.
constexpr std::size_t kRecoverAtOnce = 1000;
constexpr std::size_t kLeaseAtOnce = 1024;

bool isForEver(const Error& error) {
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::Corrupt;
}

}  // namespace

Feeder::Feeder(FeederOptions options, BrokerSeat seat, std::vector<MetaSeat> beside, bool sole, SharedPage& page,
               Inbox& inbox, const Logger& logger, const Clock& clock, std::function<void(const Error&)> onUnusable)
    : options_(std::move(options)),
      seat_(std::move(seat)),
      beside_(std::move(beside)),
      sole_(sole),
      page_(page),
      inbox_(inbox),
      logger_(logger),
      clock_(clock),
      onUnusable_(std::move(onUnusable)),
      beat_(clock.bootTime().time_since_epoch().count()),
      backoff_(500ms, 30s, std::hash<std::string>{}(options_.instance) + options_.broker),
      thread_([this] {
        work();
        inbox_.ring();
      }) {}

Feeder::~Feeder() {
  close();
  thread_.join();
}

void Feeder::setRoom(std::size_t tasks, std::uint64_t seen) {
  {
    const std::lock_guard lock(mutex_);
    const bool more = tasks > 0 && orders_.room == 0;
    orders_.room = tasks;
    orders_.seen = seen;
    if (!more) return;
  }
  wake_.ring();
}

void Feeder::settle(std::shared_ptr<SettleBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    orders_.batches.push_back(std::move(batch));
  }
  wake_.ring();
}

void Feeder::setRunning(std::vector<LeaseId> leases) {
  const std::lock_guard lock(mutex_);
  orders_.running = std::move(leases);
}

void Feeder::count() {
  {
    const std::lock_guard lock(mutex_);
    orders_.count = true;
  }
  wake_.ring();
}

void Feeder::close(bool patiently) {
  {
    const std::lock_guard lock(mutex_);
    orders_.close = true;
    orders_.patient = patiently;
  }
  wake_.ring();
}

void Feeder::leave() {
  {
    const std::lock_guard lock(mutex_);
    orders_.leave = true;
  }
  wake_.ring();
}

void Feeder::work() {
  ::pthread_setname_np(::pthread_self(), "leptir feeder");  // for top -H and profilers
  while (true) {
    beat();
    const bool closing = isToClose();
    if (!session_ && !open()) {
      if (closed_) return;
      continue;
    }
    if (auto turned = turn(); !turned) {
      drop(turned.error());
      if (turned.error().code() == ErrorCode::Lost) continue;
      if (closeBy_ && clock_.bootTime() >= *closeBy_) {
        giveUp(turned.error());
        return;
      }
      // A store that worked until now is opened anew at once: its server may be back already.
      const bool isFirst = backoff_.failures() == 0;
      const auto pause = noteFailure(turned.error());
      if (!isFirst) rest(pause);
      continue;
    }
    noteGoodTurn();
    if (closing && batches_.empty()) {
      closeSession();
      if (closed_) return;
    }
  }
}

bool Feeder::isToClose() {
  const std::lock_guard lock(mutex_);
  if (orders_.close && !closeBy_) closeBy_ = clock_.bootTime() + (orders_.patient ? options_.closeWithin : 0s);
  return orders_.close || orders_.leave;
}

// --- the store and the session

// False: not yet, after a rest; or never, and closed_ says so.
bool Feeder::open() {
  auto opened = openStore();
  if (opened) opened = openStorages();
  if (opened) opened = openSession();
  if (opened) {
    beginSession();
    return true;
  }
  session_.reset();
  storages_.clear();
  broker_.reset();
  if (isForEver(opened.error())) {
    logger_.error(where() + ": " + opened.error().message());
    onUnusable_(opened.error());
    closed_ = true;
    return false;
  }
  if (closeBy_ && clock_.bootTime() >= *closeBy_) {
    giveUp(opened.error());
    return false;
  }
  rest(noteFailure(opened.error()));
  return false;
}

Result<void> Feeder::openStore() {
  if (broker_) return {};
  auto broker = seat_.open();
  if (!broker) return broker.error();
  broker_ = std::move(*broker);
  traits_ = broker_->traits();
  warnings_.tell(where(), traits_.warnings, logger_);
  return {};
}

Result<void> Feeder::openStorages() {
  while (storages_.size() < beside_.size()) {
    auto storage = beside_[storages_.size()].open();
    if (!storage) return storage.error();
    warnings_.tell("meta storage " + beside_[storages_.size()].name, (*storage)->traits().warnings, logger_);
    storages_.push_back(std::move(*storage));
  }
  return {};
}

// The page's epoch is gone on with; only when that answers Lost is the next number spent. So an epoch is opened at most
// once, whoever dies when.
Result<void> Feeder::openSession() {
  if (const auto epoch = line().epoch.load(); epoch != 0) {
    const auto resumed = resumeSession(epoch);
    if (resumed || resumed.error().code() != ErrorCode::Lost) return resumed;
    inbox_.put(event::BrokerClosed{options_.broker});
  }
  return spendEpoch();
}

// It may be close to its end, or past it with nobody to claim it yet: it is ours for a whole lease only once it is
// renewed, before anything else is done, and above all before dead sessions are looked for.
Result<void> Feeder::resumeSession(std::uint64_t epoch) {
  auto resumed = broker_->resumeSession({options_.instance, epoch});
  if (!resumed) return resumed.error();
  session_ = std::move(*resumed);
  return traits_.sessionsExpire ? renew({}) : Result<void>();
}

Result<void> Feeder::spendEpoch() {
  const auto epoch = std::max(line().epoch.load(), line().spentElsewhere.load()) + 1;
  const auto sent = clock_.bootTime();
  line().epoch = epoch;  // before the request: it may arrive although we never hear of it
  LEPTIR_FAILPOINT("feeder.after_epoch_spent");
  auto opened = broker_->openSession({options_.instance, epoch}, options_.card, options_.lease);
  if (!opened) return opened.error();
  session_ = std::move(*opened);
  line().leaseEndsBoot =
      traits_.sessionsExpire ? (sent + options_.lease).time_since_epoch().count() : BrokerLine::kNever;
  return {};
}

void Feeder::beginSession() {
  renewAt_ = clock_.bootTime() + options_.renewEvery;
  recoverAt_ = clock_.bootTime();
  compareAt_ = clock_.bootTime();
  inbox_.put(event::BrokerOpened{options_.broker, line().epoch, traits_.listsHeldTasks});
}

// The store or the session failed. What it holds for us stays there; cells and batches wait here.
void Feeder::drop(const Error& why) {
  session_.reset();
  if (why.code() == ErrorCode::Lost) {
    logger_.warning(where() + ": another instance took over what this one held: " + why.message());
    return;  // the store itself is well: open the next session at once
  }
  storages_.clear();
  broker_.reset();
  inbox_.put(event::BrokerClosed{options_.broker});
}

// Only a good turn ends the row of failures: a store may open each time and refuse what it is asked each time.
void Feeder::noteGoodTurn() {
  if (backoff_.failures() > 0) logger_.info(where() + ": available again");
  backoff_.reset();
}

// Answers how long to rest before the next try.
Duration Feeder::noteFailure(const Error& why) {
  if (backoff_.failures() == 0) logger_.error(where() + ": not available, trying again: " + why.message());
  const auto pause = backoff_.next();
  return closeBy_ ? 200ms : pause;
}

// --- one turn: settle, keep the session, lease

Result<void> Feeder::turn() {
  if (auto done = settleBatches(); !done) return done;
  if (auto done = keepSession(); !done) return done;
  if (auto done = recoverOthers(); !done) return done;
  if (auto done = compareHeld(); !done) return done;
  if (auto done = answerCount(); !done) return done;
  return popOrWait();
}

void Feeder::takeBatches() {
  const std::lock_guard lock(mutex_);
  for (auto& batch : orders_.batches) batches_.push_back(std::move(batch));
  orders_.batches.clear();
}

Result<void> Feeder::settleBatches() {
  takeBatches();
  while (!batches_.empty()) {
    const auto& batch = batches_.front();
    LEPTIR_FAILPOINT("feeder.before_settle");
    if (auto done = settle(*batch); !done) return done;
    LEPTIR_FAILPOINT("feeder.after_settle");
    inbox_.put(event::Settled{batch->id});
    batches_.pop_front();
  }
  return {};
}

// Repeating any of this after an unknown end is harmless: what was done is answered as no longer ours.
Result<void> Feeder::settle(SettleBatch& batch) {
  // Leases of an earlier epoch are no longer ours: nothing is done to them, nothing said of them.
  if (batch.epoch != line().epoch) return {};
  if (auto done = saveRecords(batch); !done) return done;
  LEPTIR_FAILPOINT("feeder.after_records");
  if (!batch.acknowledge.empty()) {
    if (auto done = session_->acknowledge(batch.acknowledge); !done) return done.error();
    LEPTIR_FAILPOINT("feeder.after_acknowledge");
  }
  if (!batch.release.empty()) {
    if (auto done = session_->release(batch.release); !done) return done.error();
  }
  if (!batch.bury.empty()) {
    if (auto done = session_->bury(batch.bury); !done) return done.error();
  }
  return {};
}

Result<void> Feeder::saveRecords(SettleBatch& batch) {
  if (storages_.empty() || batch.records.empty()) return {};
  // A storage that is not required may be reading the batch just now.
  std::vector<MetaInfo> copies;
  if (!sole_) copies = batch.records;
  auto& records = sole_ ? batch.records : copies;
  for (auto& storage : storages_) {
    if (auto saved = saveWithHistory(*storage, records); !saved) return saved;
  }
  return {};
}

Result<void> Feeder::keepSession() {
  const auto now = clock_.bootTime();
  if (now < renewAt_ && (now < askAt_ || traits_.cancel != BrokerTraits::CancelReach::WithinASecond)) return {};
  askAt_ = now + kAskEvery;
  std::vector<LeaseId> running;
  {
    const std::lock_guard lock(mutex_);
    running = orders_.running;
  }
  if (now < renewAt_ && running.empty()) return {};
  return renew(running);
}

Result<void> Feeder::renew(std::span<const LeaseId> running) {
  const auto sent = clock_.bootTime();
  auto renewed = session_->renew(running, options_.lease);
  if (!renewed) return renewed.error();
  if (traits_.sessionsExpire) line().leaseEndsBoot = (sent + options_.lease).time_since_epoch().count();
  renewAt_ = sent + options_.renewEvery;
  if (!renewed->cancelled.empty()) inbox_.put(event::Cancelled{options_.broker, std::move(renewed->cancelled)});
  if (!renewed->lost.empty()) inbox_.put(event::Lost{options_.broker, std::move(renewed->lost)});
  return {};
}

Result<void> Feeder::recoverOthers() {
  if (clock_.bootTime() < recoverAt_) return {};
  auto recovered = broker_->recoverExpired(kRecoverAtOnce);
  if (!recovered) return recovered.error();
  if (*recovered > 0)
    logger_.info(where() + ": gave back " + std::to_string(*recovered) + " tasks of instances that are gone");
  recoverAt_ = clock_.bootTime() + (*recovered == kRecoverAtOnce ? 0s : options_.recoverEvery);
  return {};
}

Result<void> Feeder::compareHeld() {
  if (!traits_.listsHeldTasks || clock_.bootTime() < compareAt_) return {};
  compareAt_ = clock_.bootTime() + options_.compareEvery;
  auto held = session_->heldTasks();
  if (!held) return held.error();
  inbox_.put(event::Held{options_.broker, line().epoch, std::move(*held)});
  return {};
}

Result<void> Feeder::answerCount() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(orders_.count, false)) return {};
  }
  auto counts = broker_->tasksCount();
  if (!counts) return counts.error();
  inbox_.put(event::Counted{options_.broker, *counts});
  return {};
}

Result<void> Feeder::popOrWait() {
  if (isToClose()) return {};
  const auto room = roomNow();
  if (room == 0) {
    rest(std::max<Duration>(options_.workersActiveSleepTime, 50ms));
    return {};
  }
  auto tasks = session_->popBrokerTasks(room, traits_.wakesWaiters ? longestWait() : Duration(0), wake_);
  if (!tasks) return tasks.error();
  const bool nothingMore = tasks->size() < room;
  if (!tasks->empty()) LEPTIR_FAILPOINT("feeder.after_pop");
  delivered_ += tasks->size();
  if (!tasks->empty() || nothingMore != toldEmpty_) {
    toldEmpty_ = nothingMore;
    inbox_.put(event::Leased{options_.broker, line().epoch, std::move(*tasks), nothingMore});
  }
  if (nothingMore && !traits_.wakesWaiters) rest(options_.emptyQueueSleepTime);
  return {};
}

Duration Feeder::longestWait() {
  const auto longest = traits_.everyPushWakes
                           ? kLongestWait
                           : std::clamp<Duration>(options_.emptyQueueSleepTime, kShortestWait, kLongestWait);
  const std::lock_guard lock(mutex_);
  return orders_.running.empty() ? longest : std::min(longest, kAskEvery);
}

std::size_t Feeder::roomNow() {
  const std::lock_guard lock(mutex_);
  if (orders_.close) return 0;
  const auto under = static_cast<std::size_t>(delivered_ - orders_.seen);
  return std::min(kLeaseAtOnce, orders_.room - std::min(orders_.room, under));
}

void Feeder::rest(Duration longest) {
  // Long rests are cut up, so that the beat shows that this thread lives.
  wake_.waitFor(std::min<Duration>(longest, 5s));
}

// --- the end

void Feeder::closeSession() {
  if (auto done = session_->close(); !done) {
    drop(done.error());
    return;
  }
  closed_ = true;
}

// There has been time enough.
void Feeder::giveUp(const Error& why) {
  logger_.error(where() +
                ": cannot be told of the end; what it lent us comes back when our session expires: " + why.message());
  leftToExpire_ = line().epoch != 0;
  giveUpBatches();
  closed_ = true;
}

// Their cells stay as they are; the tasks come back when the session expires.
void Feeder::giveUpBatches() {
  takeBatches();
  for (const auto& batch : std::exchange(batches_, {})) inbox_.put(event::Settled{batch->id});
}

}  // namespace leptir
