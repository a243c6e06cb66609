// The random source of a simulated world: the seed decides all that happens.
#pragma once

#include <cstdint>
#include <random>

namespace leptir::simulator {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // True in one of `n` calls on average.
  bool oneIn(std::uint64_t n) { return random_() % n == 0; }
  int below(int limit) { return static_cast<int>(random_() % static_cast<std::uint64_t>(limit)); }
  double fraction() { return std::uniform_real_distribution<double>()(random_); }

 private:
  std::mt19937_64 random_;
};

}  // namespace leptir::simulator
