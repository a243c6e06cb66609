// Some instances of leptir on one queue, driven by a random scheduler: every event and fault, in any order.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulator/instance.h"

namespace leptir::simulator {

class World {
 public:
  World(std::uint64_t seed, int storages, int colocated);

  // Makes one random thing happen. Returns the violation that it led to, or an empty text.
  std::string step();
  // Lets the world run without faults and pushes. Returns an empty text once all tasks are settled or buried.
  std::string settleDown();

 private:
  static constexpr int kInstances = 2;

  std::string check();
  void push();
  void cancel();
  void sweepBuried();
  void pauseOrResume();
  void drainOrResume();
  void passTime(Duration by);
  void passSomeTime();
  void lateOperation();
  void dispatcherDies() { anyInstance().dispatcherDies(); }
  void instanceDies();
  void claim();
  void cut();
  void replaceEnded();
  SimInstance& anyInstance() { return *instances_[static_cast<std::size_t>(world_.dice.below(kInstances))]; }
  std::unique_ptr<SimInstance> fresh();

  SimEnvironment world_;
  int roughness_;  // factor on the frequency of faults
  std::uint64_t lastTask_ = 0, lastInstance_ = 0;
  std::string complaint_;
  std::vector<std::unique_ptr<SimInstance>> instances_;
};

}  // namespace leptir::simulator
