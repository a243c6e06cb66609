#include "master/restart_backoff.h"

#include <algorithm>

namespace leptir::master {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr Duration kWorkerSteps[] = {0ms, 100ms, 500ms, 1s, 2s, 5s, 10s, 20s, 30s};
// The whole instance waits for its dispatcher, so these pauses stay short.
constexpr Duration kDispatcherSteps[] = {0ms, 100ms, 500ms, 1s, 2s, 5s};
constexpr Duration kMinPauseAfterFailedStart = 100ms;

}  // namespace

RestartBackoff RestartBackoff::forWorker(std::uint64_t seed) {
  return {kWorkerSteps, seed};
}
RestartBackoff RestartBackoff::forDispatcher(std::uint64_t seed) {
  return {kDispatcherSteps, seed};
}

Duration RestartBackoff::after(Duration life, bool useful) {
  if (useful || life >= kShortLife) next_ = 0;
  const auto longest = steps_[next_];
  next_ = std::min(next_ + 1, steps_.size() - 1);
  // A random time between half and all of it, so that workers that died together do not restart together.
  return Duration(std::uniform_int_distribution<Duration::rep>(longest.count() / 2, longest.count())(random_));
}

Duration RestartBackoff::afterFailedStart() {
  return std::max(after(Duration::zero(), false), kMinPauseAfterFailedStart);
}

}  // namespace leptir::master
