// The dispatcher's core in a simulated world: real slots, the reference queue, and faults between them in any order.
// LEPTIR_SIMULATOR_SEED=n runs one seed, LEPTIR_SIMULATOR_STEPS=n sets the number of steps.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/simulator/world.h"

namespace leptir::simulator {
namespace {

constexpr std::uint64_t kSteps = 400'000, kStepsPerWorld = 5'000;

std::uint64_t numberIn(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Runs one world until all its tasks are settled. Returns the violation, or an empty text.
std::string runWorld(std::uint64_t seed, std::uint64_t steps) {
  const int storages = seed % 3 == 0 ? 2 : 1;
  const int colocated = seed % 3 == 1 ? 1 : 0;
  World world(seed, storages, colocated);
  for (std::uint64_t step = 0; step < steps; ++step) {
    if (const auto wrong = world.step(); !wrong.empty()) return "step " + std::to_string(step) + ": " + wrong;
  }
  const auto left = world.settleDown();
  return left.empty() ? left : "at the end: " + left;
}

TEST(Simulator, NoTaskIsLostRunTwiceWithoutACauseSettledTwiceOrStuck) {
  const auto steps = numberIn("LEPTIR_SIMULATOR_STEPS", kSteps);
  if (std::getenv("LEPTIR_SIMULATOR_SEED") != nullptr) {
    const auto wrong = runWorld(numberIn("LEPTIR_SIMULATOR_SEED", 0), std::min(steps, kStepsPerWorld));
    ASSERT_EQ(wrong, "");
    return;
  }
  std::uint64_t seed = std::random_device{}();
  for (std::uint64_t done = 0; done < steps; done += kStepsPerWorld, ++seed) {
    const auto wrong = runWorld(seed, kStepsPerWorld);
    ASSERT_EQ(wrong, "") << "try again with LEPTIR_SIMULATOR_SEED=" << seed;
  }
}

}  // namespace
}  // namespace leptir::simulator
