// A simulated instance of leptir: the real core and slots, with simulated master, workers, feeder and meta writers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dispatcher/core.h"
#include "dispatcher/slot_table.h"
#include "link/link.h"
#include "tests/simulator/sim_store_threads.h"

namespace leptir::simulator {

class SimInstance {
 public:
  SimInstance(SimEnvironment& world, std::string name);
  ~SimInstance();  // kills all processes of the instance

  const std::string& name() const { return name_; }

  void dispatcherTurn();
  // As dispatcherTurn, but the dispatcher dies after some of the actions; the next one adopts the slots.
  void dispatcherDies();
  void feederTurn() { feeder_->turn(); }
  void writerTurn();
  void workerTurn();  // a random worker begins a task, or ends the task that it runs
  void workerDies();  // a random worker crashes, or is killed at the time limit
  void masterTurn();  // ends tasks whose lease is over or that the dispatcher asked to end
  void stop();
  void setDrained(bool drained) { link_->page().drained = drained ? 1 : 0; }
  void cutUntil(BootTime time) { feeder_->cutUntil(time); }
  // Whether no cell is in use.
  bool isEmpty() const;
  // Returns what breaks `max_running`: more tasks of a name execute than may. Empty: nothing.
  std::string check() const;
  bool hasEnded() const { return feeder_->hasClosed(); }

 private:
  static constexpr int kSlots = 3;
  struct Worker {
    std::optional<std::size_t> cell;  // the one that executes
    std::string id, name;
    std::size_t run = 0;
  };

  void startDispatcher();
  bool perform(dispatcher::Actions actions);
  bool changeCells(const dispatcher::Actions& actions);
  void instructThreads(dispatcher::Actions& actions);
  bool takeBack(const std::vector<int>& slots);
  std::size_t executing(std::string_view name) const;
  bool isDead() { return diesMidway_ && stepsLeft_-- <= 0; }
  void begin(int slot);
  void finish(int slot);
  void write(int slot, std::size_t cell, const Outcome& outcome);
  void endByMaster(int slot, link::StopReason reason);
  dispatcher::ClockReading now() const { return {world_.clock.bootTime(), world_.clock.now()}; }

  SimEnvironment& world_;
  const std::string name_;
  std::unique_ptr<link::Link> link_ = link::Link::create(kSlots).value();
  std::vector<Worker> workers_{kSlots};
  bool diesMidway_ = false;
  int stepsLeft_ = 0;

  // Members that are replaced when the dispatcher dies.
  std::vector<dispatcher::Event> inbox_;
  std::unique_ptr<dispatcher::Core> core_;
  std::unique_ptr<dispatcher::SlotTable> table_;
  std::unique_ptr<SimFeeder> feeder_;
  std::vector<std::unique_ptr<SimWriter>> writers_;
  bool toldStop_ = false, toldDrained_ = false;
};

}  // namespace leptir::simulator
