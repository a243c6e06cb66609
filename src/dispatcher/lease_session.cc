#include "dispatcher/lease_session.h"

#include <algorithm>
#include <utility>

#include "base/failpoint.h"
#include "broker/dead_sessions.h"

namespace leptir::dispatcher {

using metrics::StoreOperation;

LeaseSession::LeaseSession(const StoreThreadContext& context, LeaseSessionOptions options,
                           broker::BrokerFactory factory, StoreWarnings& warnings)
    : context_(context), options_(std::move(options)), factory_(std::move(factory)), warnings_(warnings) {}

Result<void> LeaseSession::openStore() {
  if (broker_) return {};
  auto broker = calls().time(StoreOperation::Open, factory_.open);
  if (!broker) return broker.error();
  const auto traits = (*broker)->traits();
  if (!factory_.detaching) {
    if (auto able = checkNeeds(options_.needs, traits); !able) return able;
  }
  broker_ = std::move(*broker);
  traits_ = traits;
  warnings_.log(logName(), traits_.warnings);
  return {};
}

Result<void> LeaseSession::open() {
  if (auto opened = resumeOrOpen(); !opened) {
    session_.reset();
    return opened;
  }
  renewAt_ = now() + firstRenewalAfter();
  recoverAt_ = now();
  listHeldAt_ = now();
  context_.inbox.put(event::BrokerOpened{options_.broker, epoch(), traits_.listsHeldTasks, traits_.leasesAgain,
                                         longestTimeLimit(traits_), traits_.keepsBuried,
                                         broker_->requestsSent().has_value()});
  return {};
}

// Where the store keeps no sessions, resuming has prolonged no lease of the earlier dispatcher. The first renewal does,
// once the core has named the running tasks.
Duration LeaseSession::firstRenewalAfter() const {
  const auto every = times().renewEvery();
  return traits_.keepsSessions ? every : std::min(every, Duration(std::chrono::seconds(1)));
}

// Resumes the epoch of the shared page. Only when the store answers Lost is the next number spent, so each epoch is
// opened at most once, whichever process dies when.
Result<void> LeaseSession::resumeOrOpen() {
  if (const auto known = epoch(); known != 0) {
    const auto resumed = resume(known);
    if (resumed || resumed.error().code() != ErrorCode::Lost) return resumed;
    context_.inbox.put(event::BrokerClosed{options_.broker});
  }
  return openNextEpoch();
}

// A resumed session may be about to expire, or have expired without being claimed. It is renewed before anything else,
// above all before dead sessions are looked for: only then is it ours for a whole lease.
Result<void> LeaseSession::resume(std::uint64_t epoch) {
  auto resumed = calls().time(StoreOperation::Open, [&] { return broker_->resumeSession({options_.instance, epoch}); });
  if (!resumed) return resumed.error();
  session_ = std::move(*resumed);
  meter().noteSessionRenewed();
  return traits_.sessionsExpire ? renew({}) : Result<void>();
}

Result<void> LeaseSession::openNextEpoch() {
  const auto next = std::max(sharedSession().epoch.load(), sharedSession().maxEpochElsewhere.load()) + 1;
  const auto sent = now();
  sharedSession().epoch = next;  // before the request, which may take effect although its reply is lost
  LEPTIR_FAILPOINT("feeder.after_epoch_spent");
  auto opened = calls().time(StoreOperation::Open, [&] {
    return broker_->openSession({options_.instance, next}, options_.info, times().lease);
  });
  if (!opened) return opened.error();
  session_ = std::move(*opened);
  setLeaseEnd(sent);
  return {};
}

void LeaseSession::setLeaseEnd(BootTime sent) {
  renewedAt_ = context_.clock.now();
  meter().noteSessionRenewed();
  sharedSession().leaseEndsBoot =
      traits_.sessionsExpire ? (sent + times().lease).time_since_epoch().count() : link::SharedSession::kNever;
}

void LeaseSession::lose(const Error& why) {
  session_.reset();
  meter().noteSessionClosed();
  meter().noteSessionLost();
  context_.logger.warning(
      logName() +
      ": session lost with all its leases (another instance claimed it, or the store lost it): " + why.message());
}

void LeaseSession::closeStore() {
  if (session_) context_.inbox.put(event::BrokerClosed{options_.broker});
  session_.reset();
  meter().noteSessionClosed();
  broker_.reset();
}

Result<void> LeaseSession::maintain(const std::function<std::vector<LeaseId>()>& runningLeases) {
  if (auto done = renewWhenDue(runningLeases); !done) return done;
  if (auto done = recoverWhenDue(); !done) return done;
  return listHeldWhenDue();
}

Result<void> LeaseSession::renewWhenDue(const std::function<std::vector<LeaseId>()>& runningLeases) {
  const bool isDue = now() >= renewAt_;
  const bool mayAsk = traits_.cancel == BrokerTraits::CancelLatency::WithinASecond && now() >= askForCancelsAt_;
  if (!isDue && !mayAsk) return {};
  askForCancelsAt_ = now() + kAskForCancelsEvery;
  const auto running = runningLeases();
  return isDue || !running.empty() ? renew(running) : Result<void>();
}

Result<void> LeaseSession::renew(const std::vector<LeaseId>& running) {
  const auto sent = now();
  auto renewed = calls().time(StoreOperation::Renew, [&] { return session_->renew(running, times().lease); });
  if (!renewed) return renewed.error();
  setLeaseEnd(sent);
  renewAt_ = sent + times().renewEvery();
  if (!renewed->cancelled.empty())
    context_.inbox.put(event::CancelRequested{options_.broker, std::move(renewed->cancelled)});
  if (!renewed->lost.empty()) context_.inbox.put(event::LeasesLost{options_.broker, std::move(renewed->lost)});
  return {};
}

Result<void> LeaseSession::recoverWhenDue() {
  if (now() < recoverAt_) return {};
  if (!options_.predecessor.empty()) {
    if (auto ended = broker_->endSessionsOf(options_.predecessor); !ended) return ended;
    options_.predecessor.clear();
  }
  const auto recovered = calls().time(StoreOperation::Recover, [this] {
    return broker::recoverDeadSessions(*broker_, [this](const std::string& notice) { logNotice(notice); });
  });
  if (!recovered) return recovered.error();
  if (recovered->count > 0)
    context_.logger.info(logName() + ": recovered " + std::to_string(recovered->count) +
                         (recovered->count == 1 ? " task" : " tasks") + " of dead instances");
  recoverAt_ = now() + (recovered->mayBeMore ? Duration::zero() : times().recoverDeadSessionsEvery());
  return {};
}

void LeaseSession::logNotice(const std::string& notice) {
  context_.logger.warning(logName() + ": " + notice);
}

void LeaseSession::logNotices() {
  for (const auto& notice : broker_->takeNotices()) logNotice(notice);
}

Result<void> LeaseSession::listHeldWhenDue() {
  if (!traits_.listsHeldTasks || now() < listHeldAt_) return {};
  listHeldAt_ = now() + times().compareLeasesEvery();
  auto held = calls().time(StoreOperation::List, [this] { return session_->heldTasks(); });
  if (!held) return held.error();
  context_.inbox.put(event::HeldTasksListed{options_.broker, epoch(), std::move(*held), traits_.keepsSessions});
  return {};
}

}  // namespace leptir::dispatcher
