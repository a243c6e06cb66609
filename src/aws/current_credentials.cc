#include "aws/current_credentials.h"

#include <algorithm>

namespace leptir::aws {
namespace {

constexpr Duration kFetchBeforeExpiry = std::chrono::minutes(5);
constexpr Duration kMaxFetchTime = std::chrono::seconds(10);
constexpr Duration kEarlyFetchInterval = std::chrono::seconds(30);
constexpr Duration kPauseAfterFailure = std::chrono::seconds(1);
constexpr Duration kReplacementInterval = std::chrono::seconds(2);

bool areTheSame(const Credentials& a, const Credentials& b) {
  return a.accessKey == b.accessKey && a.secretKey == b.secretKey && a.sessionToken == b.sessionToken;
}

bool expireBefore(const Credentials& credentials, Time time) {
  return credentials.expires && *credentials.expires <= time;
}

}  // namespace

Result<Credentials> CurrentCredentials::at(Time now, Duration longest) {
  const auto sinceFetch = lastFetch_ ? clock_.bootTime() - *lastFetch_ : Duration::max();
  const bool doWork = current_ && !expireBefore(*current_, now);
  if (!doWork) {
    if (error_ && sinceFetch < kPauseAfterFailure) return *error_;
    // The source may give credentials that have expired already: the service decides about these.
    if (sinceFetch >= kPauseAfterFailure && !fetch(longest)) return *error_;
  } else if (expireBefore(*current_, now + kFetchBeforeExpiry) && sinceFetch >= kEarlyFetchInterval) {
    fetch(longest);
  }
  return *current_;
}

bool CurrentCredentials::replace(const Credentials& refused, Duration longest) {
  if (current_ && !areTheSame(*current_, refused)) return true;
  const auto now = clock_.bootTime();
  if (lastReplacement_ && now - *lastReplacement_ < kReplacementInterval) return false;
  lastReplacement_ = now;
  return fetch(longest) && !areTheSame(*current_, refused);
}

bool CurrentCredentials::fetch(Duration longest) {
  auto fetched = source_->fetch(std::min(longest, kMaxFetchTime));
  lastFetch_ = clock_.bootTime();
  error_ = fetched ? std::nullopt : std::optional(fetched.error());
  if (fetched) current_ = *std::move(fetched);
  return !error_;
}

}  // namespace leptir::aws
