#include "backends/mongodb/mongodb_waiting.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/saturated.h"

namespace leptir::mongodb {
namespace {

// A look is one find by an index. An idle instance looks five to ten times a second.
constexpr Duration kFirstPause = std::chrono::milliseconds(4);
constexpr Duration kMaxPause = std::chrono::milliseconds(200);
// Where a change stream tells of new tasks.
constexpr Duration kPauseWithChangeStream = std::chrono::seconds(2);

}  // namespace

MongodbWaiting::MongodbWaiting(MongodbQueue& queue, MongodbAdoption& adoption, MongodbLease& lease)
    : queue_(queue), adoption_(adoption), lease_(lease), pause_(kFirstPause, kMaxPause, std::random_device()()) {}

// A task that is due but was not leased a moment ago is left to the next look: others were faster, and may be again.
MongodbResult<MongodbWaiting::Ended> MongodbWaiting::wait(BootTime end, Wake& wake) {
  if (queue_.server.hasChangeStreams && !changes_) changes_.emplace(queue_.pool, queue_.tasks);
  while (true) {
    if (changes_ && changes_->clear()) {
      if (auto adopted = adoption_.adoptSome(); !adopted) return tl::unexpected(adopted.error());
    }
    const auto untilDue = untilNextDue();
    if (!untilDue) return tl::unexpected(untilDue.error());
    const bool isDue = *untilDue == Duration::zero();
    if (isDue && !std::exchange(hasReportedDue_, true)) return Ended::TaskMayBeDue;
    hasReportedDue_ = false;
    const auto left = end - systemClock().bootTime();
    if (left <= Duration::zero()) return Ended::TimeIsOver;
    if (pause(std::min(left, isDue ? kMaxPause : *untilDue), wake) == Paused::Woken) return Ended::Woken;
    if (auto adopted = adoption_.adoptFromTimeToTime(); !adopted) return tl::unexpected(adopted.error());
  }
}

MongodbWaiting::Paused MongodbWaiting::pause(Duration longest, Wake& wake) {
  if (!changes_) return wake.waitFor(std::min(longest, pause_.next())) ? Paused::Woken : Paused::TimeIsOver;
  const auto next = changes_->isWatching() ? kPauseWithChangeStream : pause_.next();
  return wake.waitFor(std::min(longest, next), changes_->descriptor()) ? Paused::Woken : Paused::TimeIsOver;
}

MongodbResult<Duration> MongodbWaiting::untilNextDue() {
  const auto now = queue_.client->serverTime();
  if (!now) return tl::unexpected(now.error());
  const auto next = lease_.nextDue(*now);
  if (!next) return tl::unexpected(next.error());
  return *next ? std::max(base::saturatedSubtract(**next, *now), Duration::zero()) : Duration::max();
}

}  // namespace leptir::mongodb
