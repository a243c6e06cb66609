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
// Where the bell does not ring for every push, `empty_queue_sleep_time` says how long a pop waits, but never 0. After a
// pop that returned nothing sooner, although no order came meanwhile, the feeder waits this long by itself: whatever
// lies in a store cannot make it loop without a pause.
constexpr Duration kShortestWait = 10ms;
// More at once would send all that is under way in one lump: the store waits while it runs, and workers while the store
// works. Measured on Redis: 512 is 7 % quicker than 1,024, and as quick as 384.
constexpr std::size_t kLeaseAtOnce = 512;

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
    orders_.room = tasks;
    orders_.seen = seen;
    if (!starved_ || roomLeft() == 0) return;
    starved_ = false;
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
    if (closing && !session_ && line().epoch == 0) {  // nothing was ever lent
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
    } else if (!isToTryAgain(done.error())) {
      return;
    }
  }
}

// After a turn or a close that failed. False: there was time enough for a store that is to be told of the end.
bool Feeder::isToTryAgain(const Error& why) {
  drop(why);
  if (why.code() == ErrorCode::Lost) return true;
  if (closeBy_ && clock_.bootTime() >= *closeBy_) {
    giveUp(why);
    return false;
  }
  // A store that worked until now is opened anew at once: its server may be back already.
  const bool isFirst = backoff_.failures() == 0;
  const auto pause = noteFailure(why);
  if (!isFirst) rest(pause);
  return true;
}

bool Feeder::isToClose() {
  const std::lock_guard lock(mutex_);
  if (orders_.close && !closeBy_) closeBy_ = clock_.bootTime() + (orders_.patient ? options_.closeWithin : 0s);
  return orders_.close || orders_.leave;
}

// --- one turn: settle, keep the session, lease

Result<void> Feeder::turn() {
  const auto popped = settleBatches();
  if (!popped) return popped.error();
  if (auto done = keepSession(); !done) return done;
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

// Nothing in these batches has done harm on the way to the store, which is away for now.
void Feeder::tellUnavailable() {
  takeBatches();
  for (const auto& batch : batches_) inbox_.put(event::StoreUnavailable{batch->id});
}

// Repeating any of this after an unknown end is harmless: what was done is answered as no longer ours. Leases of an
// earlier epoch are no longer ours: nothing is done to them, nothing said of them.
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
    inbox_.put(event::Settled{batches_.front()->id});
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

// In one round trip where more is due anyway; otherwise nothing is leased here.
Result<Feeder::Popped> Feeder::acknowledgeAndPop() {
  const auto leases = leasesToAcknowledge();
  if (leases.empty()) return Popped::No;
  const auto room = moreIsDue_ && !isToClose() ? roomNow() : 0;
  if (room == 0) {
    if (auto done = session_->acknowledge(leases); !done) return done.error();
    return Popped::No;
  }
  auto both = session_->acknowledgeAndPop(leases, room, wake_);
  if (!both) return both.error();
  deliver(std::move(both->tasks), room);
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
  // A storage that is not required may be reading the batch just now.
  std::vector<MetaInfo> copies;
  if (!sole_) copies = batch.records;
  auto& records = sole_ ? batch.records : copies;
  for (auto& storage : storages_) {
    if (auto saved = saveWithHistory(*storage, records); !saved) return saved;
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
  if (isToClose()) return {};
  const auto room = roomNow();
  if (room == 0) {
    rest(std::max<Duration>(options_.workersActiveSleepTime, 50ms));
    return {};
  }
  const auto before = clock_.bootTime();
  auto tasks = session_->popBrokerTasks(room, traits_.wakesWaiters ? longestWait() : Duration(0), wake_);
  if (!tasks) return tasks.error();
  const bool foundNothing = tasks->empty();
  deliver(std::move(*tasks), room);
  if (!traits_.wakesWaiters) {
    if (!moreIsDue_) rest(options_.emptyQueueSleepTime);
  } else if (foundNothing && clock_.bootTime() - before < kShortestWait && !hasOrders()) {
    rest(kShortestWait);
  }
  return {};
}

bool Feeder::hasOrders() {
  const std::lock_guard lock(mutex_);
  return !orders_.batches.empty() || orders_.count || orders_.close || orders_.leave;
}

void Feeder::deliver(std::vector<LeasedTask> tasks, std::size_t asked) {
  if (!tasks.empty()) LEPTIR_FAILPOINT("feeder.after_pop");
  moreIsDue_ = tasks.size() == asked;
  {
    const std::lock_guard lock(mutex_);
    delivered_ += tasks.size();
  }
  if (tasks.empty() && moreIsDue_ != toldEmpty_) return;
  toldEmpty_ = !moreIsDue_;
  inbox_.put(event::Leased{options_.broker, line().epoch, std::move(tasks), toldEmpty_});
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
  const auto room = orders_.close ? 0 : roomLeft();
  starved_ = room == 0;
  return std::min(kLeaseAtOnce, room);
}

std::size_t Feeder::roomLeft() const {
  const auto sinceSeen = static_cast<std::size_t>(delivered_ - orders_.seen);
  return orders_.room - std::min(orders_.room, sinceSeen);
}

void Feeder::rest(Duration longest) {
  // Long rests are cut up, so that the beat shows that this thread lives.
  wake_.waitFor(std::min<Duration>(longest, 5s));
}

// --- the end

Result<void> Feeder::closeSession() {
  if (auto done = session_->close(); !done) return done;
  closed_ = true;
  return {};
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
