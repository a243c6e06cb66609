// One simulated instance of leptir: the core with its real slots; the test plays the master and the workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dispatcher/slot_table.h"
#include "tests/simulator/hands.h"

namespace leptir::simulator {

class SimInstance {
 public:
  SimInstance(Surroundings& world, std::string name);
  ~SimInstance();  // all its processes die

  const std::string& name() const { return name_; }

  void dispatcherTurn();
  // As dispatcherTurn, and dies somewhere in the middle of what it was to do; the next one adopts the slots.
  void dispatcherDies();
  void feederTurn() { feeder_->turn(); }
  void writerTurn();
  void workerTurn();  // begins a task, or ends the one it runs
  void workerDies();  // by itself or over time, at whatever it does
  void masterTurn();  // ends what may not run any more
  void stop();
  void cutUntil(BootTime time) { feeder_->cutUntil(time); }
  // Whether no cell is in use.
  bool isEmpty() const;
  bool hasEnded() const { return feeder_->hasClosed(); }

 private:
  static constexpr int kSlots = 3;
  struct Worker {
    std::optional<std::size_t> cell;  // that executes
    std::string id;
    std::size_t run = 0;
  };

  void startDispatcher();
  bool perform(Actions actions);
  bool isDead() { return mortal_ && stepsLeft_-- <= 0; }
  void begin(int slot);
  void finish(int slot);
  void endByMaster(int slot, StopReason reason);
  Moment now() const { return {world_.clock.bootTime(), world_.clock.now()}; }

  Surroundings& world_;
  const std::string name_;
  std::unique_ptr<Link> link_ = Link::create(kSlots).value();
  std::vector<Worker> workers_{kSlots};
  bool mortal_ = false;
  int stepsLeft_ = 0;

  // What dies with the dispatcher.
  std::vector<Event> inbox_;
  std::unique_ptr<SlotTable> table_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<SimFeeder> feeder_;
  std::vector<std::unique_ptr<SimWriter>> writers_;
  bool toldStop_ = false;
};

}  // namespace leptir::simulator
