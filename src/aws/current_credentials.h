// The credentials that requests are signed with: fetched when they are needed, and again before they expire.
#pragma once

#include <memory>
#include <optional>

#include "aws/credentials.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::aws {

// One thread uses it.
class CurrentCredentials {
 public:
  // `clock` outlives it; waits between fetches are measured by its bootTime().
  explicit CurrentCredentials(std::unique_ptr<CredentialSource> source, const Clock& clock = systemClock())
      : source_(std::move(source)), clock_(clock) {}

  // Credentials that work at `now`, the service's time. They are fetched if there are none, if they have expired, and
  // from 5 minutes before they expire. If such an early fetch fails, the old ones are returned, and it is repeated
  // after half a minute. An error is remembered for a second, so that many requests do not each wait for a server that
  // does not answer. A fetch takes at most `longest`, and never more than 10 s.
  Result<Credentials> at(Time now, Duration longest);

  // The service has refused `refused`. Fetches others unless that was done a moment ago. Returns whether the current
  // ones are others now.
  bool replace(const Credentials& refused, Duration longest);

 private:
  // Whether they were fetched.
  bool fetch(Duration longest);

  std::unique_ptr<CredentialSource> source_;
  const Clock& clock_;
  std::optional<Credentials> current_;
  std::optional<Error> error_;  // of the last fetch
  std::optional<BootTime> lastFetch_, lastReplacement_;
};

}  // namespace leptir::aws
