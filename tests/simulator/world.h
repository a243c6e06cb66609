// Some instances of leptir on one queue, driven by a seeded scheduler: everything that can happen, in any order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulator/instance.h"

namespace leptir::simulator {

class World {
 public:
  World(std::uint64_t seed, int storages, int beside);

  // One thing happens. Empty, or what is wrong afterwards.
  std::string step();
  // Nothing fails and nothing comes any more. Empty once every task is settled or buried; else what is left.
  std::string settleDown();

 private:
  static constexpr int kInstances = 2;

  void push();
  void cancel();
  void sweepBuried();
  void passTime(Duration by);
  void passSomeTime();
  void lateOperation();
  void dispatcherDies() { one().dispatcherDies(); }
  void instanceDies();
  void claim();
  void cut();
  void replaceEnded();
  SimInstance& one() { return *instances_[static_cast<std::size_t>(world_.dice.below(kInstances))]; }
  std::unique_ptr<SimInstance> fresh();

  Surroundings world_;
  int roughness_;  // how much more often things go wrong
  std::uint64_t lastTask_ = 0, lastInstance_ = 0;
  std::string complaint_;
  std::vector<std::unique_ptr<SimInstance>> instances_;
};

}  // namespace leptir::simulator
