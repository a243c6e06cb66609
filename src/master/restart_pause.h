// How long to wait before a child that died is started again: not at all the first time, longer and longer while each
// one dies at once.
#pragma once

#include <cstdint>
#include <random>
#include <span>

#include "leptir/clock.h"

namespace leptir {

class RestartPause {
 public:
  // A life shorter than this counts as dying at once.
  static constexpr Duration kShortLife = std::chrono::seconds(5);

  static RestartPause forWorker(std::uint64_t seed);
  static RestartPause forDispatcher(std::uint64_t seed);

  // After a death. `useful`: it had done something, so its death says nothing about the next one.
  Duration after(Duration life, bool useful);

 private:
  RestartPause(std::span<const Duration> steps, std::uint64_t seed) : steps_(steps), random_(seed) {}
  std::span<const Duration> steps_;
  std::size_t next_ = 0;
  std::mt19937_64 random_;
};

}  // namespace leptir
