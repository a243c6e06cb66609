// The pause before a child that died is started again: none after the first death, longer and longer while each child
// dies soon after its start.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "leptir/clock.h"

namespace leptir::master {

class RestartBackoff {
 public:
  // A child that dies earlier than this after its start counts as dying at once.
  static constexpr Duration kShortLife = std::chrono::seconds(5);

  static RestartBackoff forWorker(std::uint64_t seed);
  static RestartBackoff forDispatcher(std::uint64_t seed);

  // The pause after a death. `useful`: the child had done some work, so the next one need not die at once, too.
  Duration after(Duration life, bool useful);
  // The pause after an attempt that made no child, since no process could be created.
  Duration afterFailedStart();

 private:
  RestartBackoff(std::span<const Duration> steps, std::uint64_t seed) : steps_(steps), random_(seed) {}
  std::span<const Duration> steps_;
  std::size_t next_ = 0;
  std::mt19937_64 random_;
};

}  // namespace leptir::master
