// Assigns tasks of the stock to cells, brokers by rank, unless they may not begin (expired, `max_running`); and takes
// assignments back that would have to wait for long.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "broker/rank_selection.h"
#include "dispatcher/broker_sessions.h"
#include "dispatcher/intake.h"
#include "dispatcher/known_tasks.h"
#include "dispatcher/limited_names.h"
#include "dispatcher/slot_tracker.h"
#include "dispatcher/step.h"
#include "dispatcher/task_stock.h"

namespace leptir::dispatcher {

class Assigner {
 public:
  // What the assigner uses of the core. All must outlive it.
  struct Uses {
    const std::function<double()>& random;
    const KnownTasks& knownTasks;
    const BrokerSessions& sessions;
    SlotTracker& slots;
    TaskStock& stock;
    Intake& intake;
    LimitedNames& limitedNames;
  };
  explicit Assigner(Uses uses);

  // While the master does not work, time limits are not enforced, so nothing is assigned.
  void noteMaster(bool works) { masterWorks_ = works; }
  // Assigns as many tasks as the slots take now. None while the instance stops.
  void assign(Step& step);
  // Takes back all tasks that have not begun: of all slots, or where they wait behind a long task or have no worker.
  void takeBackAllUnstarted(Step& step) const;
  void takeBackFromBlockedSlots(Step& step) const;

 private:
  std::optional<std::uint32_t> drawBroker();
  bool mayHaveTasks(std::uint32_t broker) const;
  bool tryHandleFirstTaskOf(std::uint32_t broker, Step& step);
  bool tryAssignFirstTaskOf(std::uint32_t broker, Step& step);

  const Uses uses_;
  broker::RankSelection ranks_;            // of sessions.byPriority()
  std::vector<bool> candidates_;           // one flag for each of them; kept to allocate it once
  std::optional<std::uint32_t> reserved_;  // the broker that was drawn for the next free cell and waits for a task
  bool masterWorks_ = true;
};

}  // namespace leptir::dispatcher
