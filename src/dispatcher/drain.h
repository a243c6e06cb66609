// `start --drain`: the instance finishes once no task is left that this program can run. The counts of the brokers show
// whether that is so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatcher/broker_sessions.h"
#include "dispatcher/events.h"
#include "dispatcher/held_leases.h"
#include "dispatcher/intake.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

class Drain {
 public:
  // What the object uses of the core. All must outlive it.
  struct Uses {
    const BrokerSessions& sessions;
    const TaskStock& stock;
    const Intake& intake;
    const HeldLeases& leases;
  };
  // Not `isWanted`: the instance runs until it is stopped.
  Drain(bool isWanted, Uses uses)
      : isWanted_(isWanted), uses_(uses), counts_(uses.sessions.count()), pauses_(uses.sessions.count()) {}

  // Asks the feeders to count the tasks of their brokers, if no task is held here.
  void askForCounts(Step& step) const;
  void noteCounts(const event::TasksCounted& counted, Step& step);
  void notePauses(const event::PausesChanged& changed);
  // The queue of a broker has changed since it was counted.
  void forgetCounts(std::uint32_t broker) { counts_[broker].reset(); }

  // Whether the queues of all brokers are empty, except for tasks of unknown names. Valid while no task is held here.
  bool isDone() const;
  // Whether tasks of unknown names are left in the queues.
  bool hasTasksOfUnknownNames() const;
  // Logs the tasks of unknown names that are left. The master chooses the exit status.
  void logUnknownNames(Step& step) const;

 private:
  void logTasksDueLater(Step& step);
  void logPauses(std::uint32_t broker, Step& step);

  const bool isWanted_;
  const Uses uses_;
  std::vector<std::optional<TaskCounts>> counts_;  // one for each broker
  // What operators have paused, for each broker.
  struct PausesOfBroker {
    bool isQueuePaused = false;
    std::vector<std::string> names{};
    bool isLogged = false;
  };
  std::vector<PausesOfBroker> pauses_;
  bool hasLoggedWait_ = false;
};

}  // namespace leptir::dispatcher
