// How fast a client begins requests while the service refuses them or cannot be reached.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/backoff.h"
#include "leptir/clock.h"

namespace leptir::aws {

// Without failures it does not limit anything. After one, requests begin one at a time with growing pauses, until one
// of them succeeds.
class SendPause {
 public:
  explicit SendPause(std::uint64_t seed) : backoff_(std::chrono::milliseconds(100), std::chrono::seconds(2), seed) {}

  // A request that was sent at `sent` has failed. Requests that were in flight together count as one failure.
  // `retryAfter`: the pause that the service asked for, of which at most half a minute counts: a server on the way must
  // not silence the client for good.
  void noteFailure(BootTime sent, BootTime now, std::optional<Duration> retryAfter) {
    if (sent >= lastFailure_) {
      lastFailure_ = now;
      pause_ = backoff_.next();
      next_ = now + pause_;
    }
    if (retryAfter) next_ = std::max(next_, now + std::min(*retryAfter, kMaxRetryAfter));
  }
  // A request that was sent at `sent` has been performed.
  void noteSuccess(BootTime sent) {
    if (sent < lastFailure_) return;
    backoff_.reset();
    pause_ = {};
    next_ = {};
  }
  void noteSend(BootTime now) {
    if (pause_ > Duration::zero()) next_ = now + pause_;
  }
  // The earliest time for the next request.
  BootTime next() const { return next_; }

 private:
  static constexpr Duration kMaxRetryAfter = std::chrono::seconds(30);

  base::Backoff backoff_;
  Duration pause_{};
  BootTime next_{};
  BootTime lastFailure_{};
};

}  // namespace leptir::aws
