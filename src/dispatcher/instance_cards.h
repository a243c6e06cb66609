// What this instance says of itself at each of its brokers (fleet/instance_card.h), made from the status board and the
// cells. Each card has the tasks of its broker, and apart from these those of the other brokers.
#pragma once

#include <string>
#include <vector>

#include "broker/broker_factory.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/recent_counts.h"
#include "dispatcher/slot_table.h"
#include "dispatcher/slot_tracker.h"
#include "fleet/instance_card.h"
#include "link/status_board.h"

namespace leptir::dispatcher {

// Used by the main thread of the dispatcher.
class InstanceCards {
 public:
  // What the cards are made from. All must outlive the object.
  struct Uses {
    const DispatcherOptions& options;
    const link::StatusBoard& board;
    const SlotTable& table;
    const SlotTracker& slots;
    const RecentCounts& recent;
    const link::SharedPage& page;
    const Clock& clock;
  };
  InstanceCards(Uses uses, const std::vector<broker::BrokerFactory>& brokers);

  // One card for each broker. `written`, `renewed` and `paused` are left to its feeder, which alone knows them.
  std::vector<fleet::InstanceCard> make() const;

 private:
  fleet::InstanceCard commonPart(const link::BoardInstance& board) const;
  static void addOthers(std::vector<fleet::InstanceCard>& cards);
  void addRunning(std::vector<fleet::InstanceCard>& cards, const link::BoardInstance& board) const;

  const Uses uses_;
  const std::string pidNamespace_;
  std::vector<std::string> brokers_;  // their names
};

}  // namespace leptir::dispatcher
