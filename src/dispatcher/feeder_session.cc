// The feeder on its store and its session: opens them, keeps them, gives back what dead ones held.
#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "dispatcher/feeder.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// Tasks of dead sessions given back in one step: others wait for the thread meanwhile.
constexpr std::size_t kRecoverAtOnce = 1000;
// A store that failed works again once no turn has failed for so long.
constexpr Duration kWorksAgainAfter = 1s;

bool isForEver(const Error& error) {
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::Corrupt;
}

}  // namespace

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
  // One that worked is tried again whatever it says: passwords are exchanged, and somebody will put things right.
  if (!hasWorked_ && isForEver(opened.error())) {
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
  auto opened = broker_->openSession({options_.instance, epoch}, options_.card, times().lease);
  if (!opened) return opened.error();
  session_ = std::move(*opened);
  line().leaseEndsBoot =
      traits_.sessionsExpire ? (sent + times().lease).time_since_epoch().count() : BrokerLine::kNever;
  return {};
}

void Feeder::beginSession() {
  hasWorked_ = true;
  moreIsDue_ = false;
  toldEmpty_ = false;  // whoever hears that a broker is open takes it that there may be tasks
  openedAt_ = clock_.bootTime();
  renewAt_ = clock_.bootTime() + times().renewEvery();
  recoverAt_ = clock_.bootTime();
  compareAt_ = clock_.bootTime();
  inbox_.put(event::BrokerOpened{options_.broker, line().epoch, traits_.listsHeldTasks});
}

// The store or the session failed. What it holds for us stays there; cells and batches wait here.
void Feeder::drop(const Error& why) {
  session_.reset();
  if (why.code() == ErrorCode::Lost) {
    logger_.warning(
        where() +
        ": what this instance held is no longer its own (another took over, or the store lost it): " + why.message());
    return;  // the store itself is well: open the next session at once
  }
  storages_.clear();
  broker_.reset();
  inbox_.put(event::BrokerClosed{options_.broker});
}

// Only good turns for some time end the row of failures: a store may open each time and refuse what it is asked each
// time, or every other time.
void Feeder::noteGoodTurn() {
  if (backoff_.failures() == 0 || clock_.bootTime() - openedAt_ < kWorksAgainAfter) return;
  logger_.info(where() + ": available again");
  backoff_.reset();
}

// Answers how long to rest before the next try.
Duration Feeder::noteFailure(const Error& why) {
  if (backoff_.failures() == 0) logger_.error(where() + ": not available, trying again: " + why.message());
  if (why.code() == ErrorCode::Unavailable) tellUnavailable();
  const auto pause = backoff_.next();
  return closeBy_ ? 200ms : pause;
}

// --- while it is open

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
  auto renewed = session_->renew(running, times().lease);
  if (!renewed) return renewed.error();
  if (traits_.sessionsExpire) line().leaseEndsBoot = (sent + times().lease).time_since_epoch().count();
  renewAt_ = sent + times().renewEvery();
  if (!renewed->cancelled.empty()) inbox_.put(event::Cancelled{options_.broker, std::move(renewed->cancelled)});
  if (!renewed->lost.empty()) inbox_.put(event::Lost{options_.broker, std::move(renewed->lost)});
  return {};
}

Result<void> Feeder::recoverOthers() {
  if (clock_.bootTime() < recoverAt_) return {};
  if (!options_.predecessor.empty()) {
    if (auto ended = broker_->endSessionsOf(options_.predecessor); !ended) return ended;
    options_.predecessor.clear();
  }
  auto recovered = broker_->recoverExpired(kRecoverAtOnce);
  for (const auto& notice : broker_->takeNotices()) logger_.warning(where() + ": " + notice);
  if (!recovered) return recovered.error();
  if (*recovered > 0)
    logger_.info(where() + ": gave back " + std::to_string(*recovered) + " tasks of instances that are gone");
  recoverAt_ = clock_.bootTime() + (*recovered == kRecoverAtOnce ? 0s : times().recoverEvery());
  return {};
}

Result<void> Feeder::compareHeld() {
  if (!traits_.listsHeldTasks || clock_.bootTime() < compareAt_) return {};
  compareAt_ = clock_.bootTime() + times().compareEvery();
  auto held = session_->heldTasks();
  if (!held) return held.error();
  inbox_.put(event::Held{options_.broker, line().epoch, std::move(*held)});
  return {};
}

}  // namespace leptir
