#include "top/poller.h"

#include <signal.h>

#include <algorithm>
#include <utility>

namespace leptir::top {
namespace {

// The pause after a call lasts at least so many times as long as the call.
constexpr int kPauseToCallRatio = 9, kPauseToCallRatioAfterFailure = 1;

}  // namespace

void leaveSignalsToOtherThreads() {
  sigset_t all;
  ::sigfillset(&all);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::sigdelset(&all, signal);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Poller::Poller(std::function<AskResult()> ask, Duration interval)
    : ask_(std::move(ask)), interval_(interval), thread_([this] { run(); }) {}

Poller::~Poller() {
  end(Duration::zero());
  thread_.join();
}

void Poller::askNow() {
  const std::lock_guard lock(mutex_);
  isAskRequested_ = true;
  changed_.notify_all();
}

void Poller::setInterval(Duration interval) {
  const std::lock_guard lock(mutex_);
  interval_ = interval;
  changed_.notify_all();
}

bool Poller::end(Duration maxWait) {
  std::unique_lock lock(mutex_);
  isEnding_ = true;
  changed_.notify_all();
  return changed_.wait_for(lock, maxWait, [this] { return hasEnded_; });
}

void Poller::run() {
  leaveSignalsToOtherThreads();
  Duration pause{};
  do {
    const auto began = systemClock().bootTime();
    const auto asked = ask_();
    pause = (systemClock().bootTime() - began) *
            (asked == AskResult::Failed ? kPauseToCallRatioAfterFailure : kPauseToCallRatio);
  } while (waitForNext(pause));
  const std::lock_guard lock(mutex_);
  hasEnded_ = true;
  changed_.notify_all();
}

bool Poller::waitForNext(Duration pause) {
  const auto answered = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!isAskRequested_ && !isEnding_) {
    const auto next = answered + std::max(interval_, pause);
    if (changed_.wait_until(lock, next) == std::cv_status::timeout) break;
  }
  isAskRequested_ = false;
  return !isEnding_;
}

}  // namespace leptir::top
