#include "dispatcher/feeder.h"

#include <pthread.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "base/failpoint.h"
#include "settlement/record_history.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

// The longest wait of a lease on a store that wakes the feeder: a wake-up may be lost.
constexpr Duration kLongestWait = 1s;
// Where not every push wakes the feeder, a lease waits for `empty_queue_sleep_time`, but never shorter than this. After
// a lease that returned nothing sooner although no order came, the feeder pauses this long: no content of a store can
// make it loop without a pause.
constexpr Duration kShortestWait = 10ms;
// The most tasks of one lease. With more, the store is idle while the tasks run, and the workers are idle while the
// store works. Measured on Redis: 512 is 7 % quicker than 1,024, and as quick as 384.
constexpr std::size_t kLeaseAtOnce = 512;

}  // namespace

Feeder::Feeder(FeederOptions options, broker::BrokerFactory seat, std::vector<meta::MetaStorageFactory> colocated,
               bool mayMoveRecords, link::SharedPage& page, Inbox& inbox, const Logger& logger, const Clock& clock,
               std::function<void(const Error&)> onUnusable)
    : options_(std::move(options)),
      seat_(std::move(seat)),
      colocated_(std::move(colocated)),
      mayMoveRecords_(mayMoveRecords),
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

void Feeder::setLeaseCredit(std::size_t tasks, std::uint64_t seen) {
  {
    const std::lock_guard lock(mutex_);
    orders_.credit = tasks;
    orders_.seen = seen;
    if (!waitsForCredit_ || creditLeft() == 0) return;
    waitsForCredit_ = false;
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

void Feeder::detach() {
  {
    const std::lock_guard lock(mutex_);
    orders_.detach = true;
  }
  wake_.ring();
}

void Feeder::work() {
  ::pthread_setname_np(::pthread_self(), "leptir feeder");  // for top -H and profilers
  while (true) {
    beat();
    const bool closing = shouldClose();
    if (closing && !session_ && line().epoch == 0) {  // there never was a session
      closed_ = true;
      return;
    }
    if (!session_ && !open()) {
      if (closed_) return;
      continue;
    }
    auto done = turn();
    if (done && closing && batches_.empty()) done = closeSession();
    if (closed_) return;
    if (done) {
      noteGoodTurn();
    } else if (!shouldRetry(done.error())) {
      return;
    }
  }
}

// Called after a turn or a close that failed. False: the time for closing is over.
bool Feeder::shouldRetry(const Error& why) {
  dropSession(why);
  if (why.code() == ErrorCode::Lost) return true;
  if (closeDeadline_ && clock_.bootTime() >= *closeDeadline_) {
    giveUp(why);
    return false;
  }
  // A store that worked until now is opened again at once: its server may be back already.
  const bool isFirst = backoff_.failures() == 0;
  const auto pause = noteFailure(why);
  if (!isFirst) pauseFor(pause);
  return true;
}

bool Feeder::shouldClose() {
  const std::lock_guard lock(mutex_);
  if (orders_.close && !closeDeadline_)
    closeDeadline_ = clock_.bootTime() + (orders_.patient ? options_.closeWithin : 0s);
  return orders_.close || orders_.detach;
}

// --- one turn: settle, renew the session, lease

Result<void> Feeder::turn() {
  const auto popped = settleBatches();
  if (!popped) return popped.error();
  if (auto done = renewSessionWhenDue(); !done) return done;
  if (auto done = recoverOthers(); !done) return done;
  if (auto done = compareHeld(); !done) return done;
  if (auto done = answerCount(); !done) return done;
  return *popped == Popped::Yes ? Result<void>() : popOrWait();
}

void Feeder::takeBatches() {
  const std::lock_guard lock(mutex_);
  for (auto& batch : orders_.batches) batches_.push_back(std::move(batch));
  orders_.batches.clear();
}

// Tells the core that the batches wait for an unavailable store: crashes meanwhile are not charged to their tasks.
void Feeder::tellUnavailable() {
  takeBatches();
  for (const auto& batch : batches_) inbox_.put(event::StoreUnavailable{batch->id});
}

// Every step can be repeated after a lost reply: for leases that are settled already the store answers "not ours".
// Batches of an earlier epoch are skipped, since their leases are lost: no record, no operation.
Result<Feeder::Popped> Feeder::settleBatches() {
  takeBatches();
  for (const auto& batch : batches_) {
    LEPTIR_FAILPOINT("feeder.before_settle");
    if (auto done = saveRecords(*batch); !done) return done.error();
    LEPTIR_FAILPOINT("feeder.after_records");
  }
  const auto popped = acknowledgeAndPop();
  if (!popped) return popped;
  while (!batches_.empty()) {
    if (auto done = releaseAndBury(*batches_.front()); !done) return done.error();
    LEPTIR_FAILPOINT("feeder.after_settle");
    inbox_.put(event::BatchSettled{batches_.front()->id});
    batches_.pop_front();
  }
  return popped;
}

Result<void> Feeder::releaseAndBury(const SettleBatch& batch) {
  if (batch.epoch != line().epoch) return {};
  beat();
  if (!batch.release.empty()) {
    if (auto done = session_->release(batch.release); !done) return done.error();
  }
  if (!batch.bury.empty()) {
    if (auto done = session_->bury(batch.bury); !done) return done.error();
  }
  return {};
}

// Leases in the same round trip if more tasks are known to be due; otherwise only acknowledges.
Result<Feeder::Popped> Feeder::acknowledgeAndPop() {
  const auto leases = leasesToAcknowledge();
  if (leases.empty()) return Popped::No;
  const auto credit = moreIsDue_ && !shouldClose() ? creditNow() : 0;
  if (credit == 0) {
    if (auto done = session_->acknowledge(leases); !done) return done.error();
    return Popped::No;
  }
  auto both = session_->acknowledgeAndPop(leases, credit, wake_);
  if (!both) return both.error();
  deliver(std::move(both->tasks), credit);
  return Popped::Yes;
}

std::vector<LeaseId> Feeder::leasesToAcknowledge() {
  std::vector<LeaseId> leases;
  for (const auto& batch : batches_) {
    if (batch->epoch == line().epoch) leases.insert(leases.end(), batch->acknowledge.begin(), batch->acknowledge.end());
  }
  return leases;
}

Result<void> Feeder::saveRecords(SettleBatch& batch) {
  if (storages_.empty() || batch.records.empty() || batch.epoch != line().epoch) return {};
  beat();
  // A meta writer may be reading the records of the batch at the same time.
  std::vector<MetaInfo> copies;
  if (!mayMoveRecords_) copies = batch.records;
  auto& records = mayMoveRecords_ ? batch.records : copies;
  for (auto& storage : storages_) {
    if (auto saved = settlement::saveWithHistory(*storage, records); !saved) return saved;
  }
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
  if (shouldClose()) return {};
  const auto credit = creditNow();
  if (credit == 0) {
    pauseFor(std::max<Duration>(options_.workersActiveSleepTime, 50ms));
    return {};
  }
  const auto before = clock_.bootTime();
  auto tasks = session_->popBrokerTasks(credit, traits_.wakesWaiters ? longestWait() : Duration(0), wake_);
  if (!tasks) return tasks.error();
  const bool foundNothing = tasks->empty();
  deliver(std::move(*tasks), credit);
  if (!traits_.wakesWaiters) {
    if (!moreIsDue_) pauseFor(options_.emptyQueueSleepTime);
  } else if (foundNothing && clock_.bootTime() - before < kShortestWait && !hasOrders()) {
    pauseFor(kShortestWait);
  }
  return {};
}

bool Feeder::hasOrders() {
  const std::lock_guard lock(mutex_);
  return !orders_.batches.empty() || orders_.count || orders_.close || orders_.detach;
}

void Feeder::deliver(std::vector<LeasedTask> tasks, std::size_t asked) {
  if (!tasks.empty()) LEPTIR_FAILPOINT("feeder.after_pop");
  moreIsDue_ = tasks.size() == asked;
  {
    const std::lock_guard lock(mutex_);
    deliveredInTotal_ += tasks.size();
  }
  if (tasks.empty() && moreIsDue_ != reportedEmpty_) return;
  reportedEmpty_ = !moreIsDue_;
  inbox_.put(event::Leased{options_.broker, line().epoch, std::move(tasks), reportedEmpty_});
}

Duration Feeder::longestWait() {
  const auto longest = traits_.everyPushWakes
                           ? kLongestWait
                           : std::clamp<Duration>(options_.emptyQueueSleepTime, kShortestWait, kLongestWait);
  const std::lock_guard lock(mutex_);
  return orders_.running.empty() ? longest : std::min(longest, kAskForCancelsEvery);
}

std::size_t Feeder::creditNow() {
  const std::lock_guard lock(mutex_);
  const auto credit = orders_.close ? 0 : creditLeft();
  waitsForCredit_ = credit == 0;
  return std::min(kLeaseAtOnce, credit);
}

std::size_t Feeder::creditLeft() const {
  const auto sinceSeen = static_cast<std::size_t>(deliveredInTotal_ - orders_.seen);
  return orders_.credit - std::min(orders_.credit, sinceSeen);
}

void Feeder::pauseFor(Duration longest) {
  // Long pauses are split, so that the beat shows that this thread is alive.
  wake_.waitFor(std::min<Duration>(longest, 5s));
}

// --- closing

Result<void> Feeder::closeSession() {
  if (auto done = session_->close(); !done) return done;
  closed_ = true;
  return {};
}

// Ends the thread although the store could not be told of everything.
void Feeder::giveUp(const Error& why) {
  logger_.error(logName() +
                ": cannot close the session; its leased tasks return to the queue when it expires: " + why.message());
  leftToExpire_ = line().epoch != 0;
  giveUpBatches();
  closed_ = true;
}

// Reported as settled, so that the core waits no longer. The store returns the tasks to the queue when the session
// expires.
void Feeder::giveUpBatches() {
  takeBatches();
  for (const auto& batch : std::exchange(batches_, {})) inbox_.put(event::BatchSettled{batch->id});
}

}  // namespace leptir::dispatcher
