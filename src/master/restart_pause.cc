#include "master/restart_pause.h"

#include <algorithm>

namespace leptir {
namespace {

using namespace std::chrono_literals;

constexpr Duration kWorkerSteps[] = {0ms, 100ms, 500ms, 1s, 2s, 5s, 10s, 20s, 30s};
// The whole instance waits for a dispatcher, so it is not left alone for long.
constexpr Duration kDispatcherSteps[] = {0ms, 100ms, 500ms, 1s, 2s, 5s};

}  // namespace

RestartPause RestartPause::forWorker(std::uint64_t seed) {
  return {kWorkerSteps, seed};
}
RestartPause RestartPause::forDispatcher(std::uint64_t seed) {
  return {kDispatcherSteps, seed};
}

Duration RestartPause::after(Duration life, bool useful) {
  if (useful || life >= kShortLife) next_ = 0;
  const auto longest = steps_[next_];
  next_ = std::min(next_ + 1, steps_.size() - 1);
  // Between half and all of it, so that workers that died together do not come back together.
  return Duration(std::uniform_int_distribution<Duration::rep>(longest.count() / 2, longest.count())(random_));
}

}  // namespace leptir
