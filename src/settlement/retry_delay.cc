#include "settlement/retry_delay.h"

#include <algorithm>

namespace leptir::settlement {
namespace {

constexpr Duration kMaxDelay = std::chrono::hours(1);
constexpr Duration kDelayAfterSecondCrash = std::chrono::seconds(5);

}  // namespace

Duration delayAfterFailure(std::uint32_t failures, double jitter, Duration first) {
  const auto doublings = std::min(std::max(failures, 1U) - 1, 20U);
  const auto whole = std::min<Duration>(kMaxDelay, std::min(kMaxDelay, first) * (1LL << doublings));
  return std::chrono::duration_cast<Duration>(whole * (1.0 - jitter / 4));
}

std::optional<Duration> delayAfterCrash(std::uint32_t crashes) {
  if (crashes >= kMaxCrashes) return std::nullopt;
  return crashes <= 1 ? Duration::zero() : kDelayAfterSecondCrash;
}

}  // namespace leptir::settlement
