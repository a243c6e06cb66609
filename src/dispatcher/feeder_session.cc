// The part of Feeder that opens the store, opens and renews the session, and recovers dead sessions.
#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "dispatcher/feeder.h"

namespace leptir::dispatcher {
namespace {

using namespace std::chrono_literals;

// Tasks of dead sessions that are recovered in one step. Settling and leasing wait for the thread meanwhile.
constexpr std::size_t kRecoverAtOnce = 1000;
// A store that failed counts as available again once no turn has failed for this long.
constexpr Duration kWorksAgainAfter = 1s;

bool isPermanent(const Error& error) {
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::Corrupt;
}

}  // namespace

// False: not yet, and the feeder has paused; or closed_ is set and it ends.
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
  // A store that worked once is tried again after any error: passwords change, and an operator will repair it.
  if (!hasWorked_ && isPermanent(opened.error())) {
    logger_.error(logName() + ": " + opened.error().message());
    onUnusable_(opened.error());
    closed_ = true;
    return false;
  }
  if (closeDeadline_ && clock_.bootTime() >= *closeDeadline_) {
    giveUp(opened.error());
    return false;
  }
  pauseFor(noteFailure(opened.error()));
  return false;
}

Result<void> Feeder::openStore() {
  if (broker_) return {};
  auto broker = seat_.open();
  if (!broker) return broker.error();
  broker_ = std::move(*broker);
  traits_ = broker_->traits();
  warnings_.tell(logName(), traits_.warnings, logger_);
  return {};
}

Result<void> Feeder::openStorages() {
  while (storages_.size() < colocated_.size()) {
    auto storage = colocated_[storages_.size()].open();
    if (!storage) return storage.error();
    warnings_.tell("meta storage " + colocated_[storages_.size()].name, (*storage)->traits().warnings, logger_);
    storages_.push_back(std::move(*storage));
  }
  return {};
}

// Resumes the epoch of the shared page. Only when the store answers Lost is the next number spent, so each epoch is
// opened at most once, whichever process dies when.
Result<void> Feeder::openSession() {
  if (const auto epoch = line().epoch.load(); epoch != 0) {
    const auto resumed = resumeSession(epoch);
    if (resumed || resumed.error().code() != ErrorCode::Lost) return resumed;
    inbox_.put(event::BrokerClosed{options_.broker});
  }
  return openNextEpoch();
}

// A resumed session may be about to expire, or have expired without being claimed. It is renewed before anything else,
// above all before dead sessions are looked for: only then is it ours for a whole lease.
Result<void> Feeder::resumeSession(std::uint64_t epoch) {
  auto resumed = broker_->resumeSession({options_.instance, epoch});
  if (!resumed) return resumed.error();
  session_ = std::move(*resumed);
  return traits_.sessionsExpire ? renew({}) : Result<void>();
}

Result<void> Feeder::openNextEpoch() {
  const auto epoch = std::max(line().epoch.load(), line().epochsSpentElsewhere.load()) + 1;
  const auto sent = clock_.bootTime();
  line().epoch = epoch;  // before the request, which may take effect although its reply is lost
  LEPTIR_FAILPOINT("feeder.after_epoch_spent");
  auto opened = broker_->openSession({options_.instance, epoch}, options_.card, times().lease);
  if (!opened) return opened.error();
  session_ = std::move(*opened);
  line().leaseEndsBoot =
      traits_.sessionsExpire ? (sent + times().lease).time_since_epoch().count() : link::SharedSession::kNever;
  return {};
}

void Feeder::beginSession() {
  hasWorked_ = true;
  moreIsDue_ = false;
  reportedEmpty_ = false;  // the core takes it that a newly opened broker may have tasks
  openedAt_ = clock_.bootTime();
  renewAt_ = clock_.bootTime() + times().renewEvery();
  recoverAt_ = clock_.bootTime();
  compareAt_ = clock_.bootTime();
  inbox_.put(event::BrokerOpened{options_.broker, line().epoch, traits_.listsHeldTasks});
}

// The store or the session failed. The leases stay in the store; cells and batches wait here.
void Feeder::dropSession(const Error& why) {
  session_.reset();
  if (why.code() == ErrorCode::Lost) {
    logger_.warning(
        logName() +
        ": session lost with all its leases (another instance claimed it, or the store lost it): " + why.message());
    return;  // the store works: open the next session at once
  }
  storages_.clear();
  broker_.reset();
  inbox_.put(event::BrokerClosed{options_.broker});
}

// Only good turns for some time end a series of failures: a store may open each time and then refuse each request, or
// every other one.
void Feeder::noteGoodTurn() {
  if (backoff_.failures() == 0 || clock_.bootTime() - openedAt_ < kWorksAgainAfter) return;
  logger_.info(logName() + ": available again");
  backoff_.reset();
}

// Returns how long to pause before the next try.
Duration Feeder::noteFailure(const Error& why) {
  if (backoff_.failures() == 0) logger_.error(logName() + ": not available, trying again: " + why.message());
  if (why.code() == ErrorCode::Unavailable) tellUnavailable();
  const auto pause = backoff_.next();
  return closeDeadline_ ? 200ms : pause;
}

// --- while the session is open

Result<void> Feeder::renewSessionWhenDue() {
  const auto now = clock_.bootTime();
  if (now < renewAt_ && (now < askForCancelsAt_ || traits_.cancel != BrokerTraits::CancelLatency::WithinASecond))
    return {};
  askForCancelsAt_ = now + kAskForCancelsEvery;
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
  if (!renewed->cancelled.empty()) inbox_.put(event::CancelRequested{options_.broker, std::move(renewed->cancelled)});
  if (!renewed->lost.empty()) inbox_.put(event::LeasesLost{options_.broker, std::move(renewed->lost)});
  return {};
}

Result<void> Feeder::recoverOthers() {
  if (clock_.bootTime() < recoverAt_) return {};
  if (!options_.predecessor.empty()) {
    if (auto ended = broker_->endSessionsOf(options_.predecessor); !ended) return ended;
    options_.predecessor.clear();
  }
  auto recovered = broker_->recoverExpired(kRecoverAtOnce);
  for (const auto& notice : broker_->takeNotices()) logger_.warning(logName() + ": " + notice);
  if (!recovered) return recovered.error();
  if (*recovered > 0)
    logger_.info(logName() + ": recovered " + std::to_string(*recovered) + " tasks of dead instances");
  recoverAt_ = clock_.bootTime() + (*recovered == kRecoverAtOnce ? 0s : times().recoverEvery());
  return {};
}

Result<void> Feeder::compareHeld() {
  if (!traits_.listsHeldTasks || clock_.bootTime() < compareAt_) return {};
  compareAt_ = clock_.bootTime() + times().compareEvery();
  auto held = session_->heldTasks();
  if (!held) return held.error();
  inbox_.put(event::HeldTasksListed{options_.broker, line().epoch, std::move(*held)});
  return {};
}

}  // namespace leptir::dispatcher
