#include "backends/mongodb/mongodb_waiting.h"

#include <algorithm>
#include <random>

#include "base/saturated.h"

namespace leptir::mongodb {
namespace {

// A look is one find by an index. An idle instance looks five to ten times a second.
constexpr Duration kFirstPause = std::chrono::milliseconds(4);
constexpr Duration kLongestPause = std::chrono::milliseconds(200);

}  // namespace

MongodbWaiting::MongodbWaiting(MongodbQueue& queue, MongodbAdoption& adoption, MongodbLease& lease)
    : queue_(queue), adoption_(adoption), lease_(lease), pause_(kFirstPause, kLongestPause, std::random_device()()) {}

MongodbResult<MongodbWaiting::Ended> MongodbWaiting::wait(BootTime end, Wake& wake) {
  while (true) {
    const auto untilDue = untilNextDue();
    if (!untilDue) return tl::unexpected(untilDue.error());
    if (*untilDue == Duration::zero() && !hasFailed_) {
      hasFailed_ = true;  // unless noteLeased() says otherwise
      return Ended::TaskMayBeDue;
    }
    hasFailed_ = false;
    const auto left = end - systemClock().bootTime();
    if (left <= Duration::zero()) return Ended::TimeIsOver;
    const auto pause = pause_.next();
    if (wake.waitFor(std::min({left, *untilDue > Duration::zero() ? *untilDue : pause, pause}))) return Ended::Woken;
    if (auto adopted = adoption_.adoptFromTimeToTime(); !adopted) return tl::unexpected(adopted.error());
  }
}

MongodbResult<Duration> MongodbWaiting::untilNextDue() {
  const auto now = queue_.client->serverTime();
  if (!now) return tl::unexpected(now.error());
  const auto next = lease_.nextDue(*now);
  if (!next) return tl::unexpected(next.error());
  return *next ? std::max(base::saturatedSubtract(**next, *now), Duration::zero()) : Duration::max();
}

}  // namespace leptir::mongodb
