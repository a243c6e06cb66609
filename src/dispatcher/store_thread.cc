#include "dispatcher/store_thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace leptir::dispatcher {
namespace {

constexpr Duration kFirstRetryPause = std::chrono::milliseconds(500), kMaxRetryPause = std::chrono::seconds(30);
constexpr Duration kPauseWhileStopping = std::chrono::milliseconds(200);
// Longer waits are split, so that the beat shows that the thread is alive.
constexpr Duration kMaxSleep = std::chrono::seconds(5);

std::int64_t microseconds(BootTime time) {
  return time.time_since_epoch().count();
}

bool isPermanent(const Error& error) {
  return error.code() == ErrorCode::Invalid || error.code() == ErrorCode::Corrupt;
}

}  // namespace

StoreThread::StoreThread(const StoreThreadContext& context, StoreThreadOptions options, StoreWork& work)
    : context_(context),
      options_(std::move(options)),
      work_(work),
      beat_(microseconds(context.clock.bootTime())),
      backoff_(kFirstRetryPause, kMaxRetryPause,
               std::hash<std::string>{}(options_.store) + static_cast<std::uint64_t>(beat_.load())),
      thread_([this] { run(); }) {}

StoreThread::~StoreThread() {
  stop();
  thread_.join();
}

void StoreThread::stop(Patience patience) {
  const auto longest = patience == Patience::OneTry ? Duration::zero() : options_.patience;
  stopBy_ = std::min(stopBy_.load(), microseconds(context_.clock.bootTime() + longest));
  wake_.ring();
}

void StoreThread::run() {
  ::pthread_setname_np(::pthread_self(), options_.threadName);
  work_.run();
}

void StoreThread::step() {
  beat();
  if (isUnusable_) return waitFor(kMaxSleep);
  giveUpAt_ = stopBy_;
  if (auto opened = open(); !opened) return openFailed(opened.error());
  const auto turn = work_.turn();
  if (!turn) return turnFailed(turn.error());
  if (*turn == Turn::UsedTheStore) noteThatItWorks();
}

Result<void> StoreThread::open() {
  if (work_.isOpen()) return {};
  if (auto opened = work_.openStore(); !opened) return opened;
  hasWorked_ = true;
  openedAt_ = context_.clock.bootTime();
  return {};
}

// A store that worked once is tried again after any error: passwords change, and an operator will repair it.
void StoreThread::openFailed(const Error& why) {
  work_.closeStore();
  if (!hasWorked_ && isPermanent(why)) return becomeUnusable(why);
  if (!giveUpIfDue(why)) pause(noteFailure(why));
}

// A store that worked until now is opened again at once: its server may be back already.
void StoreThread::turnFailed(const Error& why) {
  work_.closeStore();
  if (giveUpIfDue(why)) return;
  const bool isFirst = !isFailing();
  const auto length = noteFailure(why);
  if (!isFirst) pause(length);
}

bool StoreThread::giveUpIfDue(const Error& why) {
  if (microseconds(context_.clock.bootTime()) < giveUpAt_) return false;
  work_.giveUp(why);
  return true;
}

void StoreThread::becomeUnusable(const Error& why) {
  isUnusable_ = true;
  context_.logger.error(options_.store + ": " + why.message());
  if (options_.isRequired) context_.onUnusable(why);
}

// Only operations end a series of failures: a store may open each time and then refuse each request.
void StoreThread::noteThatItWorks() {
  if (!isFailing() || context_.clock.bootTime() - openedAt_ < options_.worksAgainAfter) return;
  context_.logger.info(options_.store + ": available again");
  backoff_.reset();
}

// Returns how long to pause before the next try. The pauses grow only if they are kept: as many calls of wake() as
// tasks end while the store refuses requests would otherwise make them last for seconds.
Duration StoreThread::noteFailure(const Error& why) {
  if (!isFailing()) context_.logger.error(options_.store + ": not available, trying again: " + why.message());
  if (why.code() == ErrorCode::Unavailable) work_.reportUnavailable();
  if (!isFailing() || context_.clock.bootTime() >= pausedUntil_) pause_ = backoff_.next();
  return giveUpAt_ == kNotStopping ? pause_ : kPauseWhileStopping;
}

void StoreThread::pause(Duration longest) {
  pausedUntil_ = context_.clock.bootTime() + std::min(longest, kMaxSleep);
  waitFor(longest);
}

void StoreThread::waitFor(Duration longest) {
  wake_.waitFor(std::min(longest, kMaxSleep));
}

}  // namespace leptir::dispatcher
